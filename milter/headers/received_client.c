// SPDX-License-Identifier: BSD-2-Clause
#include "milter/headers/received_client.h"

#include <stdio.h>

#define CLAUSE_MAX 2048 // bytes of a from clause; no MTA writes half of it

// The contents of a from clause's comments, up to the first with an address: the client may control those
// after it, for example by the name in its certificate.
struct findings {
    unsigned addresses; // how many, read or not
    bool malformed;     // one of them cannot be read
    struct ip ip;
    unsigned helos;
    struct slice helo;
    bool lone; // the address is the whole comment
};

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool is_control(char byte)
{
    return (byte >= '\0' && byte < ' ' && !is_blank(byte)) || byte == 0x7f;
}

static struct slice skip_blanks(struct slice in)
{
    while (in.len && is_blank(in.ptr[0]))
        in = slice_skip(in, 1);
    return in;
}

// Takes the word at the start of `in`, up to a blank or a parenthesis; empty at the end.
static struct slice next_word(struct slice *in)
{
    size_t len = 0;
    *in = skip_blanks(*in);
    while (len < in->len && !is_blank(in->ptr[len]) && in->ptr[len] != '(' && in->ptr[len] != ')')
        len++;
    const struct slice word = slice_make(in->ptr, len);
    *in = slice_skip(*in, len);
    return word;
}

// Takes the comment at the start of `in`, without its parentheses; false if it does not end.
static bool next_comment(struct slice *in, struct slice *out)
{
    size_t depth = 0;
    for (size_t i = 0; i < in->len; i++) {
        const char byte = in->ptr[i];
        if (byte == '\\')
            i++;
        depth += byte == '(';
        if (byte == ')' && --depth == 0) {
            *out = slice_make(in->ptr + 1, i - 1);
            *in = slice_skip(*in, i + 1);
            return true;
        }
    }
    return false;
}

static bool skip_prefix(struct slice *in, struct slice prefix)
{
    if (in->len < prefix.len || !slice_equal_nocase(slice_make(in->ptr, prefix.len), prefix))
        return false;
    *in = slice_skip(*in, prefix.len);
    return true;
}

// "[ADDRESS]", and a port after it as Exim writes it.
static bool parse_bracketed(struct slice word, struct ip *out)
{
    struct slice address, port;
    unsigned long long number;
    if (!skip_prefix(&word, SLICE("[")) || !slice_split(word, ']', &address, &port))
        return false;
    if (port.len && (!skip_prefix(&port, SLICE(":")) || !slice_number(port, 65535, &number)))
        return false;
    return ip_parse(address, out);
}

static void add_address(struct findings *found, bool readable)
{
    found->addresses++;
    found->malformed = found->malformed || !readable;
}

static void add_helo(struct findings *found, struct slice helo)
{
    found->helos++;
    found->helo = helo;
}

// A comment of one word: Exchange's and qmail's address, or "ident@ADDRESS".
static bool read_lone_address(struct slice comment, struct findings *found)
{
    struct slice ident, address, rest = comment;
    struct ip ip;
    const struct slice word = next_word(&rest);
    if (skip_blanks(rest).len)
        return false;
    if (!slice_split_last(word, '@', &ident, &address))
        address = word;
    if (!ip_parse(address, &ip))
        return false;
    found->ip = ip;
    found->lone = true;
    add_address(found, true);
    return true;
}

static void read_comment(struct slice comment, struct findings *found)
{
    if (read_lone_address(comment, found))
        return;
    while ((comment = skip_blanks(comment)).len) {
        struct slice word = next_word(&comment), inner;
        if (word.len == 0) {
            if (!next_comment(&comment, &inner)) // such as "(may be forged)"
                comment = slice_skip(comment, 1);
        } else if (skip_prefix(&word, SLICE("helo="))) {
            add_helo(found, word);
        } else if (slice_equal_nocase(word, SLICE("HELO")) || slice_equal_nocase(word, SLICE("EHLO"))) {
            add_helo(found, next_word(&comment));
        } else if (skip_prefix(&word, SLICE("ident="))) {
            return; // the client controls the rest
        } else if (memchr(word.ptr, '[', word.len)) {
            add_address(found, parse_bracketed(word, &found->ip));
        }
    }
}

// Reads the comments up to the address or, if none has one, to "by". Returns false if anything else comes
// first.
static bool read_comments(struct slice clause, struct findings *found)
{
    while (found->addresses == 0) {
        struct slice comment;
        clause = skip_blanks(clause);
        if (clause.len == 0 || clause.ptr[0] != '(')
            return slice_equal_nocase(next_word(&clause), SLICE("by"));
        if (!next_comment(&clause, &comment))
            return false;
        read_comment(comment, found);
    }
    return true;
}

// An address in place of the name; the HELO name in the comment shows that it is one. A HELO name in brackets
// does not: sendmail writes such a comment for a host whose reverse name is "HELO", with the HELO name in
// front.
static bool read_name_address(struct slice name, struct findings *found)
{
    if (found->helos == 0 || memchr(found->helo.ptr, '[', found->helo.len) ||
        !parse_bracketed(name, &found->ip))
        return false;
    add_address(found, true);
    return true;
}

static bool has_control(struct slice in)
{
    for (size_t i = 0; i < in.len; i++)
        if (is_control(in.ptr[i]))
            return true;
    return false;
}

static bool is_word_byte(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           byte == '-' || byte == '_' || byte == '.' || (byte & 0x80);
}

// Returns whether the word occurs anywhere, comments included, whatever separates it from others.
static bool has_word(struct slice in, struct slice word)
{
    while (in.len) {
        size_t len = 0;
        while (len < in.len && is_word_byte(in.ptr[len]))
            len++;
        if (slice_equal_nocase(slice_make(in.ptr, len), word))
            return true;
        in = slice_skip(in, len ? len : 1);
    }
    return false;
}

// "[ADDRESS] by …". The relay's own "by" follows the client's HELO name: so all text after the only "by" is
// the relay's. `alone`: no name precedes the address, which may be a HELO name then.
static bool read_plain_address(struct slice word, struct slice rest, bool alone, struct findings *found)
{
    if (!parse_bracketed(word, &found->ip) || !slice_equal_nocase(next_word(&rest), SLICE("by")) ||
        has_word(rest, SLICE("by")))
        return false;
    if (alone && !has_word(rest, SLICE("Exim")) && !has_word(rest, SLICE("NNFMP")) &&
        !has_word(rest, SLICE("HTTP")))
        return false;
    add_address(found, true);
    return true;
}

static bool read_plain(struct slice name, struct slice rest, struct findings *found)
{
    const bool alone = name.len && name.ptr[0] == '[';
    const struct slice word = alone ? name : next_word(&rest);
    return read_plain_address(word, rest, alone, found);
}

// The client's HELO name: in a comment, or the name in front; for qmail's "(HELO )" the address literal that
// replaces a missing name (RFC 5321 section 4.1.3).
static bool put_helo(const struct findings *found, struct slice name, char out[SPF_NAME_MAX + 1])
{
    char address[CIDR_TEXT_MAX];
    const struct slice helo = found->helos ? found->helo : name;
    if (helo.len == 0 && found->lone) {
        ip_format(&found->ip, address);
        snprintf(out, SPF_NAME_MAX + 1, "[%s%s]", found->ip.bits == 128 ? "IPv6:" : "", address);
        return true;
    }
    return helo.len > 0 && !has_control(helo) && slice_copy(helo, out, SPF_NAME_MAX + 1);
}

bool received_client_find(struct slice value, struct received_client *out)
{
    struct findings found = {0};
    const bool whole = value.len <= CLAUSE_MAX;
    if (!whole)
        value.len = CLAUSE_MAX;
    if (!slice_equal_nocase(next_word(&value), SLICE("from")))
        return false;
    const struct slice name = next_word(&value);
    if (name.len == 0)
        return false;
    if (!whole || !read_plain(name, value, &found)) {
        if (!read_comments(value, &found) || found.malformed || found.helos > 1)
            return false;
        if (found.addresses == 0 && !read_name_address(name, &found))
            return false;
    }
    out->ip = found.ip;
    return found.addresses == 1 && put_helo(&found, name, out->helo);
}
