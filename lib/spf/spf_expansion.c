// SPDX-License-Identifier: BSD-2-Clause
#include "spf/spf_expansion.h"

#include "spfrecord/ascii.h"
#include "spfrecord/macro.h"
#include "wire/spf_codec.h"

#include <inttypes.h>
#include <stdio.h>

#define VALUE_MAX (SPF_SENDER_MAX + SPF_NAME_MAX + 16) // "postmaster@" and a HELO name, or a sender
#define PARTS_MAX (VALUE_MAX + 1)

// The output of an expansion. Of a name that is too long the right end is kept, of a text the left one.
struct sink {
    char *out;
    size_t len, size;
    bool keeps_end;
};

#define END_KEPT (DNS_NAME_MAX + 3) // one more byte, to see where a label begins, and a closing dot

static void sink_put(struct sink *sink, const char *bytes, size_t len)
{
    if (sink->keeps_end && sink->len + len > sink->size) {
        if (len > END_KEPT) {
            bytes += len - END_KEPT;
            len = END_KEPT;
        }
        size_t kept = sink->len < END_KEPT ? sink->len : END_KEPT;
        memmove(sink->out, sink->out + sink->len - kept, kept);
        sink->len = kept;
    }
    if (len > sink->size - sink->len)
        len = sink->size - sink->len;
    if (len)
        memcpy(sink->out + sink->len, bytes, len);
    sink->len += len;
}

// unreserved of RFC 3986 stays, all else becomes %HH.
static void sink_put_escaped(struct sink *sink, struct slice in)
{
    for (size_t i = 0; i < in.len; i++) {
        char byte = in.ptr[i], escaped[4];
        bool unreserved = ascii_alnum(byte) || (byte && strchr("-._~", byte));
        snprintf(escaped, sizeof escaped, "%%%02X", (unsigned char)byte);
        sink_put(sink, unreserved ? &byte : escaped, unreserved ? 1 : 3);
    }
}

// %{i}: dotted quad, or 32 nibbles with dots.
static struct slice put_address(const struct ip *ip, char text[VALUE_MAX])
{
    static const char hex[] = "0123456789ABCDEF";
    if (ip->bits == 32) {
        ip_format(ip, text);
        return slice_from(text);
    }
    for (size_t i = 0; i < 16; i++)
        memcpy(text + 4 * i, (char[]){hex[ip->bytes[i] >> 4], '.', hex[ip->bytes[i] & 15], '.'}, 4);
    return slice_make(text, 63);
}

static struct slice value_of(char letter, const struct spf_expansion_values *values, char text[VALUE_MAX])
{
    switch (letter) {
    case 's':
        return values->sender;
    case 'l':
        return values->local;
    case 'o':
        return values->sender_domain;
    case 'd':
        return values->domain;
    case 'h':
        return values->helo;
    case 'r':
        return values->receiver;
    case 'p':
        return values->validated;
    case 'v':
        return values->client->bits == 32 ? SLICE("in-addr") : SLICE("ip6");
    case 'i':
        return put_address(values->client, text);
    case 'c':
        ip_format(values->client, text);
        return slice_from(text);
    default:
        snprintf(text, VALUE_MAX, "%" PRId64, values->now);
        return slice_from(text);
    }
}

// Splits at each delimiter; returns how many parts there are.
static size_t split_parts(struct slice in, struct slice delimiters, struct slice parts[PARTS_MAX])
{
    size_t count = 0, start = 0;
    for (size_t i = 0; i < in.len && count < PARTS_MAX - 1; i++)
        if (memchr(delimiters.ptr, in.ptr[i], delimiters.len)) {
            parts[count++] = slice_make(in.ptr + start, i - start);
            start = i + 1;
        }
    parts[count++] = slice_skip(in, start);
    return count;
}

// Reverses and cuts as the macro says, and joins by dots.
static struct slice transform(const struct macro_part *part, struct slice value, char out[VALUE_MAX])
{
    struct slice parts[PARTS_MAX];
    size_t count = split_parts(value, part->text.len ? part->text : SLICE("."), parts), len = 0;
    size_t first = part->keep && part->keep < count ? count - part->keep : 0;
    for (size_t i = first; i < count; i++) {
        struct slice it = parts[part->reverse ? count - 1 - i : i];
        if (i > first)
            out[len++] = '.';
        if (it.len)
            memcpy(out + len, it.ptr, it.len);
        len += it.len;
    }
    return slice_make(out, len);
}

static void expand(struct slice in, const struct spf_expansion_values *values, struct sink *sink)
{
    struct macro_part part;
    while (macro_next(&in, &part) == MACRO_PART) {
        char text[VALUE_MAX], transformed[VALUE_MAX];
        if (!part.letter) {
            sink_put(sink, part.text.ptr, part.text.len);
            continue;
        }
        struct slice value = value_of(part.letter, values, text);
        if (part.keep || part.reverse || part.text.len)
            value = transform(&part, value, transformed);
        if (part.escapes)
            sink_put_escaped(sink, value);
        else
            sink_put(sink, value.ptr, value.len);
    }
}

// "When the result of macro expansion is used in a domain name query, if the expanded domain name exceeds 253
// characters, the left side is truncated to fit" (RFC 7208 section 7.3).
static struct slice truncate_left(struct slice name)
{
    struct slice label;
    while (name.len > DNS_NAME_MAX)
        slice_split(name, '.', &label, &name);
    return name;
}

bool spf_expansion_name(struct slice spec, const struct spf_expansion_values *values,
                        char out[DNS_NAME_MAX + 1])
{
    char text[4 * END_KEPT];
    struct sink sink = {.out = text, .size = sizeof text - 1, .keeps_end = true};
    expand(spec, values, &sink);
    if (sink.len && text[sink.len - 1] == '.')
        sink.len--;
    text[sink.len] = '\0';
    struct slice name = truncate_left(slice_make(text, sink.len));
    return memchr(text, '\0', sink.len) == NULL && dns_name_fold_bytes(name.ptr, out);
}

void spf_expansion_text(struct slice explain, const struct spf_expansion_values *values, char *out,
                        size_t size)
{
    struct sink sink = {.out = out, .size = size - 1};
    expand(explain, values, &sink);
    for (size_t i = 0; i < sink.len; i++)
        if (!ascii_visible(out[i]) && out[i] != ' ')
            out[i] = '?';
    out[sink.len] = '\0';
}
