// SPDX-License-Identifier: BSD-2-Clause
#include "wire/policy.h"

// A request before numbers and keywords are parsed.
struct raw {
    struct policy_request request; // only its slices are set
    struct slice kind;
    struct slice size;
    struct slice recipient_count;
    struct slice stress;
    bool malformed;
};

struct attribute {
    struct slice name;
    bool used;
    size_t offset; // of its slice in struct raw, if used
};

// clang-format off
#define RAW(name, field) {{(name), sizeof(name) - 1}, true, offsetof(struct raw, field)}
#define IGNORED(name) {{(name), sizeof(name) - 1}, false, 0}
// clang-format on
#define SENT(field) RAW(#field, request.field)

// In the order in which Postfix 3.7 sends them (src/smtpd/smtpd_check.c), so that each is nearly always the
// one after the last.
static const struct attribute attributes[] = {
    RAW("request", kind),
    SENT(protocol_state),
    SENT(protocol_name),
    SENT(client_address),
    SENT(client_name),
    SENT(client_port),
    SENT(reverse_client_name),
    SENT(server_address),
    SENT(server_port),
    SENT(helo_name),
    SENT(sender),
    SENT(recipient),
    RAW("recipient_count", recipient_count),
    SENT(queue_id),
    SENT(instance),
    RAW("size", size),
    IGNORED("etrn_domain"),
    RAW("stress", stress),
    SENT(sasl_method),
    SENT(sasl_username),
    SENT(sasl_sender),
    IGNORED("ccert_subject"),
    IGNORED("ccert_issuer"),
    IGNORED("ccert_fingerprint"),
    IGNORED("ccert_pubkey_fingerprint"),
    SENT(encryption_protocol),
    IGNORED("encryption_cipher"),
    IGNORED("encryption_keysize"),
    SENT(policy_context),
    IGNORED("compatibility_level"),
    IGNORED("mail_version"),
};

enum { ATTRIBUTES = sizeof attributes / sizeof attributes[0] };

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

// Returns whether the bytes begin with "name=".
static bool begins_with(const struct attribute *attribute, const char *line, const char *end)
{
    const size_t len = attribute->name.len;
    return (size_t)(end - line) > len && line[len] == '=' && memcmp(line, attribute->name.ptr, len) == 0;
}

static const struct attribute *attribute_find(const char *line, const char *end)
{
    for (size_t i = 0; i < ATTRIBUTES; i++)
        if (begins_with(&attributes[i], line, end))
            return &attributes[i];
    return NULL;
}

static void take_value(struct raw *raw, const struct attribute *attribute, struct slice value)
{
    if (!attribute->used)
        return;
    if (value.len > POLICY_VALUE_MAX) {
        value = slice_make(NULL, 0);
        raw->request.oversized = true;
    }
    *(struct slice *)(void *)((char *)raw + attribute->offset) = value;
}

// Reads a line up to `end`, its newline. `*next` is the attribute expected, and then the one after this.
static void line_parse(struct raw *raw, const char *line, const char *end, const struct attribute **next)
{
    const struct attribute *found = *next;
    if (!begins_with(found, line, end))
        found = attribute_find(line, end);
    if (found) {
        const char *value = line + found->name.len + 1;
        take_value(raw, found, slice_make(value, (size_t)(end - value)));
        *next = found + 1 < attributes + ATTRIBUTES ? found + 1 : attributes;
    } else if (!memchr(line, '=', (size_t)(end - line))) {
        raw->malformed = true;
    }
}

// Reads lines up to the empty one. Returns the length with it, or 0 if it is missing.
static size_t lines_parse(struct raw *raw, struct slice in)
{
    const char *line = in.ptr, *end = in.ptr + in.len, *newline;
    const struct attribute *next = attributes;
    while (line < end && (newline = memchr(line, '\n', (size_t)(end - line)))) {
        if (newline == line)
            return (size_t)(newline + 1 - in.ptr);
        line_parse(raw, line, newline, &next);
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
