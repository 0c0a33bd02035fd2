// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/dnsbl/dnsbl_replies.h"

static void set_add(uint64_t set[4], unsigned first, unsigned last)
{
    for (unsigned octet = first; octet <= last; octet++)
        set[octet / 64] |= UINT64_C(1) << octet % 64;
}

static bool set_has(const uint64_t set[4], uint8_t octet)
{
    return set[octet / 64] >> octet % 64 & 1;
}

static bool is_separator(char byte)
{
    return byte == ',' || byte == ' ' || (byte >= '\t' && byte <= '\r');
}

// A number of one to three digits, up to 255.
static bool take_octet(struct slice *in, unsigned *out)
{
    size_t digits = 0;
    *out = 0;
    for (; digits < in->len && in->ptr[digits] >= '0' && in->ptr[digits] <= '9'; digits++) {
        if (digits == 3)
            return false;
        *out = *out * 10 + (unsigned)(in->ptr[digits] - '0');
    }
    *in = slice_skip(*in, digits);
    return digits > 0 && *out <= 255;
}

static bool take(struct slice *in, struct slice token)
{
    if (in->len < token.len || memcmp(in->ptr, token.ptr, token.len) != 0)
        return false;
    *in = slice_skip(*in, token.len);
    return true;
}

// "N", or "N" `dash` "M".
static bool take_range(struct slice *in, struct slice dash, uint64_t set[4])
{
    unsigned first, last;
    if (!take_octet(in, &first))
        return false;
    last = first;
    if (take(in, dash) && !take_octet(in, &last))
        return false;
    set_add(set, first, last);
    return first <= last;
}

// "N", or "[" ranges separated by ";" "]".
static bool take_set(struct slice *in, uint64_t set[4])
{
    if (!take(in, SLICE("["))) {
        unsigned octet;
        bool is_octet = take_octet(in, &octet);
        if (is_octet)
            set_add(set, octet, octet);
        return is_octet;
    }
    do {
        if (!take_range(in, SLICE(".."), set))
            return false;
    } while (take(in, SLICE(";")));
    return take(in, SLICE("]"));
}

static bool parse_short(struct slice item, struct dnsbl_pattern *out)
{
    *out = (struct dnsbl_pattern){0};
    set_add(out->octets[0], 127, 127);
    set_add(out->octets[1], 0, 0);
    set_add(out->octets[2], 0, 0);
    return take_range(&item, SLICE("-"), out->octets[3]) && item.len == 0;
}

static bool parse_long(struct slice item, struct dnsbl_pattern *out)
{
    *out = (struct dnsbl_pattern){0};
    for (unsigned i = 0; i < 3; i++)
        if (!take_set(&item, out->octets[i]) || !take(&item, SLICE(".")))
            return false;
    bool bracket = item.len > 0 && item.ptr[0] == '[';
    bool last = bracket ? take_set(&item, out->octets[3]) : take_range(&item, SLICE("-"), out->octets[3]);
    return last && item.len == 0;
}

// Patterns that differ in the last octet only become one.
static bool add(struct dnsbl_replies *replies, const struct dnsbl_pattern *pattern)
{
    size_t network = 3 * sizeof pattern->octets[0];
    for (unsigned i = 0; i < replies->count; i++) {
        if (memcmp(replies->patterns[i].octets, pattern->octets, network) != 0)
            continue;
        for (unsigned word = 0; word < 4; word++)
            replies->patterns[i].octets[3][word] |= pattern->octets[3][word];
        return true;
    }
    if (replies->count == DNSBL_PATTERNS_MAX)
        return false;
    replies->patterns[replies->count++] = *pattern;
    return true;
}

bool dnsbl_replies_parse(struct slice text, struct dnsbl_replies *out)
{
    out->count = 0;
    while (text.len > 0) {
        size_t len = 0;
        struct dnsbl_pattern pattern;
        while (len < text.len && !is_separator(text.ptr[len]))
            len++;
        struct slice item = slice_make(text.ptr, len);
        if (len > 0 && !parse_short(item, &pattern) && !parse_long(item, &pattern))
            return false;
        if (len > 0 && !add(out, &pattern))
            return false;
        text = slice_skip(text, len + 1);
    }
    return true;
}

static bool matches(const struct dnsbl_replies *replies, const uint8_t address[4])
{
    static const uint8_t nowhere[] = {127, 0, 0, 1};
    if (replies->count == 0)
        return memcmp(address, nowhere, sizeof nowhere) != 0;
    for (unsigned i = 0; i < replies->count; i++) {
        unsigned octet = 0;
        while (octet < 4 && set_has(replies->patterns[i].octets[octet], address[octet]))
            octet++;
        if (octet == 4)
            return true;
    }
    return false;
}

enum dnsbl_reply dnsbl_replies_judge(const struct dnsbl_replies *replies, bool allow,
                                     const uint8_t address[4])
{
    static const uint8_t allow_error[] = {127, 0, 0, 255};
    if (address[0] != 127)
        return DNSBL_REPLY_OTHER;
    if (address[1] == 255 && address[2] == 255)
        return DNSBL_REPLY_ERROR;
    if (allow && memcmp(address, allow_error, sizeof allow_error) == 0)
        return DNSBL_REPLY_ERROR;
    return matches(replies, address) ? DNSBL_REPLY_COUNTS : DNSBL_REPLY_OTHER;
}
