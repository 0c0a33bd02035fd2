// SPDX-License-Identifier: BSD-2-Clause
#include "spfrecord/record.h"

#include "spfrecord/ascii.h"
#include "spfrecord/macro.h"

#include <arpa/inet.h>

enum argument { NO_ARGUMENT, NETWORK, MAY_HAVE_TARGET, HAS_TARGET };

struct mechanism {
    struct slice name;
    enum term_kind kind;
    enum argument argument;
    bool lengths; // dual-cidr-length
};

static const struct mechanism mechanisms[] = {
    {{"all", 3}, TERM_ALL, NO_ARGUMENT, false},     {{"include", 7}, TERM_INCLUDE, HAS_TARGET, false},
    {{"a", 1}, TERM_A, MAY_HAVE_TARGET, true},      {{"mx", 2}, TERM_MX, MAY_HAVE_TARGET, true},
    {{"ptr", 3}, TERM_PTR, MAY_HAVE_TARGET, false}, {{"ip4", 3}, TERM_IP4, NETWORK, false},
    {{"ip6", 3}, TERM_IP6, NETWORK, false},         {{"exists", 6}, TERM_EXISTS, HAS_TARGET, false},
};

#define VERSION "v=spf1"

bool record_is_spf(struct slice text)
{
    struct slice version = SLICE(VERSION);
    return text.len >= version.len && slice_equal_nocase(slice_make(text.ptr, version.len), version) &&
           (text.len == version.len || text.ptr[version.len] == ' ');
}

void record_begin(struct record_cursor *cursor, struct slice text)
{
    *cursor = (struct record_cursor){.rest = slice_skip(text, sizeof VERSION - 1)};
}

bool record_looks_up(enum term_kind kind)
{
    return kind == TERM_INCLUDE || kind == TERM_A || kind == TERM_MX || kind == TERM_PTR ||
           kind == TERM_EXISTS;
}

// "0" or a number without leading zeros.
static bool parse_length(struct slice in, unsigned max, uint8_t *out)
{
    unsigned long long length;
    if ((in.len > 1 && in.ptr[0] == '0') || !slice_number(in, max, &length))
        return false;
    *out = (uint8_t)length;
    return true;
}

// Takes `slashes` and a prefix length off the end of `*in`, if they are there.
static void take_length(struct slice *in, struct slice slashes, unsigned max, uint8_t *out)
{
    size_t start = in->len;
    while (start > 0 && ascii_digit(in->ptr[start - 1]))
        start--;
    if (start < slashes.len || memcmp(in->ptr + start - slashes.len, slashes.ptr, slashes.len) != 0)
        return;
    if (parse_length(slice_skip(*in, start), max, out))
        in->len = start - slashes.len;
}

// ip4-network [ ip4-cidr-length ] or the same for ip6.
static bool parse_network(struct slice in, bool is_ip4, struct cidr *out)
{
    char text[INET6_ADDRSTRLEN];
    struct slice address, length;
    struct ip base = {.bits = is_ip4 ? 32 : 128};
    uint8_t prefix = base.bits;
    if (slice_split(in, '/', &address, &length) && !parse_length(length, base.bits, &prefix))
        return false;
    // Not ip_parse: an IPv4-mapped network is one of IPv6 here, and no "IPv6:" is due.
    if (!slice_copy(address, text, sizeof text) ||
        inet_pton(is_ip4 ? AF_INET : AF_INET6, text, base.bytes) != 1)
        return false;
    *out = cidr_of(&base, prefix);
    return true;
}

// `in` is the text after the mechanism's name.
static bool parse_argument(const struct mechanism *mechanism, struct slice in, struct term *out)
{
    if (mechanism->lengths) {
        take_length(&in, SLICE("//"), 128, &out->prefix6);
        take_length(&in, SLICE("/"), 32, &out->prefix4);
    }
    if (in.len == 0)
        return mechanism->argument == NO_ARGUMENT || mechanism->argument == MAY_HAVE_TARGET;
    if (in.ptr[0] != ':' || mechanism->argument == NO_ARGUMENT)
        return false;
    in = slice_skip(in, 1);
    if (mechanism->argument == NETWORK)
        return parse_network(in, mechanism->kind == TERM_IP4, &out->network);
    out->target = in;
    return macro_domain_valid(in);
}

static enum spf_result take_qualifier(struct slice *in)
{
    enum spf_result result = SPF_PASS;
    switch (in->ptr[0]) {
    case '-':
        result = SPF_FAIL;
        break;
    case '~':
        result = SPF_SOFTFAIL;
        break;
    case '?':
        result = SPF_NEUTRAL;
        break;
    case '+':
        break;
    default:
        return SPF_PASS;
    }
    *in = slice_skip(*in, 1);
    return result;
}

static bool parse_mechanism(struct slice in, struct term *out)
{
    size_t len = 0;
    out->result = take_qualifier(&in);
    while (len < in.len && in.ptr[len] != ':' && in.ptr[len] != '/')
        len++;
    for (size_t i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++)
        if (slice_equal_nocase(slice_make(in.ptr, len), mechanisms[i].name)) {
            out->kind = mechanisms[i].kind;
            return parse_argument(&mechanisms[i], slice_skip(in, len), out);
        }
    return false;
}

// Length of the name of a modifier at the start of `in`; 0: none.
static size_t modifier_name(struct slice in)
{
    size_t len = 0;
    if (in.len == 0 || !ascii_alpha(in.ptr[0]))
        return 0;
    while (len < in.len &&
           (ascii_alnum(in.ptr[len]) || in.ptr[len] == '-' || in.ptr[len] == '_' || in.ptr[len] == '.'))
        len++;
    return len < in.len && in.ptr[len] == '=' ? len : 0;
}

// redirect and exp may occur once each (RFC 7208 section 6).
static bool parse_once(struct slice value, enum term_kind kind, bool *seen, struct term *out)
{
    bool again = *seen;
    *seen = true;
    out->kind = kind;
    out->target = value;
    return !again && macro_domain_valid(value);
}

static bool parse_modifier(struct record_cursor *cursor, size_t name_len, struct term *out)
{
    struct slice name = slice_make(out->text.ptr, name_len);
    struct slice value = slice_skip(out->text, name_len + 1);
    if (slice_equal_nocase(name, SLICE("redirect")))
        return parse_once(value, TERM_REDIRECT, &cursor->redirect, out);
    if (slice_equal_nocase(name, SLICE("exp")))
        return parse_once(value, TERM_EXP, &cursor->exp, out);
    out->kind = TERM_MODIFIER;
    return macro_valid(value, MACRO_IN_MODIFIER);
}

static bool visible(struct slice in)
{
    for (size_t i = 0; i < in.len; i++)
        if (!ascii_visible(in.ptr[i]))
            return false;
    return true;
}

enum record_rc record_next(struct record_cursor *cursor, struct term *out)
{
    *out = (struct term){.prefix4 = 32, .prefix6 = 128};
    while (cursor->rest.len && cursor->rest.ptr[0] == ' ')
        cursor->rest = slice_skip(cursor->rest, 1);
    if (cursor->rest.len == 0)
        return RECORD_END;
    slice_split(cursor->rest, ' ', &out->text, &cursor->rest);
    size_t name = modifier_name(out->text);
    bool valid =
        visible(out->text) && (name ? parse_modifier(cursor, name, out) : parse_mechanism(out->text, out));
    return valid ? RECORD_TERM : RECORD_BAD;
}
