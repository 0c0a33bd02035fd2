// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/parse/line_scan.h"
#include "tracker/parse/mail_line_programs.h"

// A value as base/log.h's log_value writes it; quoted ones stay escaped.
static struct slice take_value(struct slice *rest)
{
    struct slice value = *rest;
    size_t len = 0;
    if (rest->len && rest->ptr[0] == '"') {
        for (len = 1; len < rest->len && rest->ptr[len] != '"'; len++)
            len += rest->ptr[len] == '\\';
        len = len < rest->len ? len : rest->len;
        value = slice_make(rest->ptr + 1, len - 1);
        *rest = slice_skip(*rest, len + 1);
    } else {
        while (len < rest->len && rest->ptr[len] != ' ')
            len++;
        value.len = len;
        *rest = slice_skip(*rest, len);
    }
    (void)line_scan_word(rest, SLICE(" "));
    return slice_equal(value, SLICE("-")) ? (struct slice){NULL, 0} : value;
}

static enum mail_action read_action(struct slice word)
{
    if (slice_equal(word, SLICE("defer")))
        return MAIL_ACTION_DEFER;
    return slice_equal(word, SLICE("reject")) ? MAIL_ACTION_REJECT : MAIL_ACTION_ACCEPT;
}

static void put_sender(struct slice value, struct mail_line *out)
{
    out->has_sender = true;
    out->sender = slice_equal(value, SLICE("<>")) ? (struct slice){"", 0} : value;
}

struct own_field {
    struct slice key;
    size_t offset;
};

#define FIELD(word, member)                                                                                  \
    {                                                                                                        \
        SLICE(word), offsetof(struct mail_line, member)                                                      \
    }
static const struct own_field fields[] = {
    FIELD("reason", reason),     FIELD("end", reason),       FIELD("domain", domain),
    FIELD("client", client),     FIELD("name", client_name), FIELD("recipient", recipient),
    FIELD("login", login),       FIELD("helo", helo),        FIELD("queue_id", queue_id),
    FIELD("instance", instance),
};
#undef FIELD

static void put_field(struct slice key, struct slice pair, struct slice value, struct mail_line *out)
{
    int64_t number = 0;
    if (slice_equal(key, SLICE("action")))
        out->action = read_action(value);
    else if (slice_equal(key, SLICE("sender")))
        put_sender(value, out);
    else if (slice_equal(key, SLICE("entry")) || slice_equal(key, SLICE("zone")) ||
             (slice_equal(key, SLICE("term")) && out->rule.len == 0))
        out->rule = pair;
    else if (slice_equal(key, SLICE("size")) && line_scan_size(&value, &number))
        out->size = number;
    else
        for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
            if (slice_equal(fields[i].key, key))
                *(struct slice *)((char *)out + fields[i].offset) = value;
}

static bool take_pairs(struct slice text, struct mail_line *out)
{
    struct slice key;
    if (!slice_has_prefix(text, SLICE("action=")))
        return false;
    while (text.len && line_scan_until(&text, SLICE("="), &key)) {
        const char *start = key.ptr;
        const struct slice value = take_value(&text);
        const char *end = text.len ? text.ptr - 1 : text.ptr;
        put_field(key, slice_make(start, (size_t)(end - start)), value, out);
    }
    if (slice_equal(out->client, SLICE("unknown")))
        out->client.len = 0;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// smtpd's process id: the instance is "%x.%lx.%lx.%x" of it, the time and a number (Postfix
// src/smtpd/smtpd_check.c, check_policy_service; smtpd.c, mail_cmd).
static uint32_t asking_pid(struct slice instance)
{
    uint64_t pid = 0;
    for (size_t i = 0; i < instance.len && instance.ptr[i] != '.'; i++) {
        const int digit = hex_digit(instance.ptr[i]);
        if (digit < 0 || pid > UINT32_MAX)
            return 0;
        pid = pid * 16 + (unsigned)digit;
    }
    return pid > UINT32_MAX ? 0 : (uint32_t)pid;
}

void mail_line_policyd(struct slice text, struct mail_line *out)
{
    out->kind = MAIL_LINE_OTHER;
    if (!take_pairs(text, out) || out->recipient.len == 0)
        return;
    out->pid = asking_pid(out->instance);
    out->kind = MAIL_LINE_DECISION;
}

void mail_line_milter(struct slice text, struct mail_line *out)
{
    out->kind = MAIL_LINE_OTHER;
    if (take_pairs(text, out))
        out->kind = out->recipient.len ? MAIL_LINE_FILTERED : MAIL_LINE_ENDED;
}
