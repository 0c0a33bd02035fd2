// SPDX-License-Identifier: BSD-2-Clause
#include "wire/policy.h"

#define NAME_LENGTHS 20 // the longest name has 19 bytes
#define NAMES_PER_LENGTH 6

// A request before its numbers and keywords are parsed.
struct raw {
    struct policy_request request; // only its slices are set
    struct slice kind;
    struct slice size;
    struct slice recipient_count;
    struct slice stress;
    bool malformed;
};

struct attribute {
    const char *name;
    size_t offset; // of its slice in struct raw
};

// clang-format off
#define RAW(name, field) {name, offsetof(struct raw, field)}
// clang-format on
#define SENT(field) RAW(#field, request.field)

// By length of the name: one look leaves at most five names to compare. A row ends with an empty element.
static const struct attribute attributes[NAME_LENGTHS][NAMES_PER_LENGTH] = {
    [4] = {RAW("size", size)},
    [6] = {SENT(sender), RAW("stress", stress)},
    [7] = {RAW("request", kind)},
    [8] = {SENT(instance), SENT(queue_id)},
    [9] = {SENT(recipient), SENT(helo_name)},
    [11] = {SENT(client_name), SENT(client_port), SENT(server_port), SENT(sasl_method), SENT(sasl_sender)},
    [13] = {SENT(protocol_name), SENT(sasl_username)},
    [14] = {SENT(protocol_state), SENT(client_address), SENT(server_address), SENT(policy_context)},
    [15] = {RAW("recipient_count", recipient_count)},
    [19] = {SENT(reverse_client_name), SENT(encryption_protocol)},
};

// src/global/mail_proto.h and src/smtpd/smtpd.h of Postfix.
static const struct {
    const char *name;
    enum policy_state state;
} states[] = {
    {"RCPT", POLICY_RCPT}, {"DATA", POLICY_DATA},       {"END-OF-MESSAGE", POLICY_END_OF_MESSAGE},
    {"MAIL", POLICY_MAIL}, {"CONNECT", POLICY_CONNECT}, {"EHLO", POLICY_HELO},
    {"HELO", POLICY_HELO}, {"BDAT", POLICY_DATA},       {"VRFY", POLICY_VRFY},
    {"ETRN", POLICY_ETRN},
};

static struct slice *attribute_find(struct raw *raw, const char *name, size_t len)
{
    if (len >= NAME_LENGTHS)
        return NULL;
    for (const struct attribute *known = attributes[len]; known->name; known++)
        if (memcmp(known->name, name, len) == 0)
            return (struct slice *)((char *)raw + known->offset);
    return NULL;
}

static void line_parse(struct raw *raw, const char *line, size_t len)
{
    const char *equals = memchr(line, '=', len);
    if (!equals) {
        raw->malformed = true;
        return;
    }
    size_t name_len = (size_t)(equals - line);
    struct slice *value = attribute_find(raw, line, name_len);
    if (!value)
        return;
    *value = slice_make(equals + 1, len - name_len - 1);
    if (value->len > POLICY_VALUE_MAX) {
        *value = slice_make(NULL, 0);
        raw->request.oversized = true;
    }
}

// Reads lines up to the empty one. Returns the length with it, or 0 where it is not there.
static size_t lines_parse(struct raw *raw, struct slice in)
{
    const char *line = in.ptr, *end = in.ptr + in.len, *newline;
    while (line < end && (newline = memchr(line, '\n', (size_t)(end - line)))) {
        if (newline == line)
            return (size_t)(newline + 1 - in.ptr);
        line_parse(raw, line, (size_t)(newline - line));
        line = newline + 1;
    }
    return 0;
}

static enum policy_state state_parse(struct slice name)
{
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (slice_equal(slice_from(states[i].name), name))
            return states[i].state;
    return POLICY_STATE_UNKNOWN;
}

static uint64_t number_parse(struct slice text)
{
    unsigned long long number;
    return slice_number(text, UINT64_MAX, &number) ? number : 0;
}

enum policy_rc policy_parse(struct slice in, struct policy_request *out, size_t *used)
{
    bool full = in.len >= POLICY_REQUEST_MAX;
    struct raw raw = {0};
    *used = 0;
    if (in.len == 0)
        return POLICY_MORE;
    size_t len = lines_parse(&raw, slice_make(in.ptr, full ? POLICY_REQUEST_MAX : in.len));
    if (len == 0)
        return full ? POLICY_TOO_BIG : POLICY_MORE;
    *used = len;
    if (raw.malformed || !slice_equal(raw.kind, SLICE("smtpd_access_policy")) || memchr(in.ptr, '\0', len))
        return POLICY_BAD;
    *out = raw.request;
    out->state = state_parse(out->protocol_state);
    out->size = number_parse(raw.size);
    out->recipient_count = number_parse(raw.recipient_count);
    out->stress = slice_equal(raw.stress, SLICE("yes"));
    return POLICY_OK;
}

size_t policy_skip(struct slice in, bool *done)
{
    const char *end = in.len ? memmem(in.ptr, in.len, "\n\n", 2) : NULL;
    *done = end != NULL;
    if (end)
        return (size_t)(end + 2 - in.ptr);
    return in.len ? in.len - 1 : 0;
}

size_t policy_format(struct slice action, char out[POLICY_REPLY_MAX])
{
    static const struct slice head = {"action=", 7}, tail = {"\n\n", 2};
    size_t room = POLICY_REPLY_MAX - head.len - tail.len;
    size_t len = action.len < room ? action.len : room;
    memcpy(out, head.ptr, head.len);
    for (size_t i = 0; i < len; i++) {
        out[head.len + i] = action.ptr[i];
        if (action.ptr[i] < ' ' || action.ptr[i] > '~')
            out[head.len + i] = '?';
    }
    memcpy(out + head.len + len, tail.ptr, tail.len);
    return head.len + len + tail.len;
}
