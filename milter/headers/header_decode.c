// SPDX-License-Identifier: BSD-2-Clause
#include "milter/headers/header_decode.h"

// One encoded word.
struct word {
    struct slice charset, text;
    bool base64;
};

struct writer {
    char *out;
    size_t len;
    bool blanks;
};

bool header_decode_needed(struct slice in)
{
    bool mark = false;
    for (size_t i = 0; i < in.len; i++) {
        if ((in.ptr[i] & 0x80) || (mark && in.ptr[i] == '?'))
            return true;
        mark = in.ptr[i] == '=';
    }
    return false;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

// HEADER_DECODE_ANYTHING does not occur in text: UTF-8 does not have it.
static void put(struct writer *to, char byte)
{
    if (byte == HEADER_DECODE_ANYTHING)
        byte = '\xfe';
    to->out[to->len++] = byte;
}

// ---- invisible code points ----

struct range {
    unsigned first, last;
    bool blank;
};

static const struct range hidden[] = {
    {0x80, 0x84, false},     {0x85, 0x85, true},        {0x86, 0x9f, false},     {0xa0, 0xa0, true},
    {0xad, 0xad, false},     {0x34f, 0x34f, false},     {0x61c, 0x61c, false},   {0x115f, 0x1160, true},
    {0x1680, 0x1680, true},  {0x17b4, 0x17b5, false},   {0x180b, 0x180f, false}, {0x2000, 0x200a, true},
    {0x200b, 0x200f, false}, {0x2028, 0x2029, true},    {0x202a, 0x202e, false}, {0x202f, 0x202f, true},
    {0x205f, 0x205f, true},  {0x2060, 0x206f, false},   {0x2800, 0x2800, true},  {0x3000, 0x3000, true},
    {0x3164, 0x3164, true},  {0xfe00, 0xfe0f, false},   {0xfeff, 0xfeff, false}, {0xffa0, 0xffa0, true},
    {0xfff0, 0xfffb, false}, {0xe0000, 0xe0fff, false},
};

static const struct range *find_hidden(unsigned point)
{
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (point >= hidden[i].first && point <= hidden[i].last)
            return &hidden[i];
    return NULL;
}

// The code point at the start of `in` and its length; bytes that are not UTF-8 are read as Latin-1.
static unsigned read_point(struct slice in, size_t *len)
{
    const unsigned char head = (unsigned char)in.ptr[0];
    const size_t bytes = head >= 0xf0 ? 4 : head >= 0xe0 ? 3 : head >= 0xc2 ? 2 : 1;
    unsigned point = bytes == 1 ? head : head & (0x7fU >> bytes);
    *len = 1;
    if (bytes > in.len)
        return head;
    for (size_t i = 1; i < bytes; i++) {
        if ((in.ptr[i] & 0xc0) != 0x80)
            return head;
        point = point << 6 | (in.ptr[i] & 0x3f);
    }
    *len = bytes;
    return point;
}

// The ASCII form of full-width forms (U+FF01 to U+FF5E) and ideographic full stops; NUL for others.
static char plain_form(unsigned point)
{
    if (point == 0x3002 || point == 0xff61)
        return '.';
    if (point >= 0xff01 && point <= 0xff5e)
        return (char)(point - 0xff01 + '!');
    return '\0';
}

static void put_point(struct slice bytes, unsigned point, struct writer *to)
{
    const struct range *found = point < 0x80 ? NULL : find_hidden(point);
    const char plain = plain_form(point);
    if (found && found->blank && to->blanks)
        put(to, ' ');
    else if (plain)
        put(to, plain);
    else if (!found)
        for (size_t i = 0; i < bytes.len; i++)
            to->out[to->len++] = bytes.ptr[i];
}

// In place: the output is never longer than the input.
static size_t show(char *text, size_t len, bool blanks)
{
    struct writer to = {.out = text, .blanks = blanks};
    for (struct slice rest = slice_make(text, len); rest.len;) {
        size_t bytes;
        const unsigned point = read_point(rest, &bytes);
        put_point(slice_make(rest.ptr, bytes), point, &to);
        rest = slice_skip(rest, bytes);
    }
    return to.len;
}

// ---- encoded words ----

// Reads "=?charset?encoding?text?=" without the language after the charset (RFC 2231 section 5), and moves
// `*rest` past it. Returns false, with `*rest` unchanged, if there is none.
static bool next_encoded(struct slice *rest, struct word *out)
{
    struct slice in = *rest, encoding, language;
    if (!slice_has_prefix(in, SLICE("=?")) || !slice_split(slice_skip(in, 2), '?', &out->charset, &in) ||
        !slice_split(in, '?', &encoding, &in))
        return false;
    encoding = slice_trim(encoding);
    if (encoding.len != 1 || !strchr("qQbB", encoding.ptr[0]))
        return false;
    const char *end = memmem(in.ptr, in.len, "?=", 2);
    if (!end)
        return false;
    out->base64 = encoding.ptr[0] == 'b' || encoding.ptr[0] == 'B';
    out->text = slice_make(in.ptr, (size_t)(end - in.ptr));
    (void)slice_split(out->charset, '*', &out->charset, &language);
    *rest = slice_skip(in, out->text.len + 2);
    return true;
}

static bool is_ascii_superset(struct slice charset)
{
    static const char *const prefixes[] = {
        "us-ascii", "ascii", "utf-8",  "utf8", "iso-8859", "iso8859", "windows-125", "cp125",    "latin",
        "koi8",     "euc-",  "gb2312", "gbk",  "gb18030",  "big5",    "shift_jis",   "macintosh"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (slice_has_prefix_nocase(charset, slice_from(prefixes[i])))
            return true;
    return charset.len == 0;
}

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit = (char)(digit | 0x20);
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static void put_quoted(struct slice text, struct writer *to)
{
    while (text.len) {
        const char byte = text.ptr[0];
        const int high = text.len > 2 ? hex_digit(text.ptr[1]) : -1,
                  low = text.len > 2 ? hex_digit(text.ptr[2]) : -1;
        const bool pair = byte == '=' && high >= 0 && low >= 0;
        if (pair)
            put(to, (char)(high << 4 | low));
        else if (byte == '_' || is_blank(byte)) {
            if (to->blanks)
                put(to, ' ');
        } else
            put(to, byte);
        text = slice_skip(text, pair ? 3 : 1);
    }
}

static int base64_digit(char byte)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = byte ? strchr(digits, byte) : NULL;
    return at ? (int)(at - digits) : -1;
}

// Other bytes are skipped, as most readers do.
static void put_base64(struct slice text, struct writer *to)
{
    unsigned bits = 0, count = 0;
    for (size_t i = 0; i < text.len; i++) {
        const int digit = base64_digit(text.ptr[i]);
        if (digit < 0)
            continue;
        bits = bits << 6 | (unsigned)digit;
        count += 6;
        if (count < 8)
            continue;
        count -= 8;
        put(to, (char)(bits >> count & 0xff));
    }
}

// Blanks between two encoded words are not displayed (RFC 2047 section 6.2).
static void skip_blanks_before_word(struct slice *rest)
{
    struct slice after = *rest;
    struct word word;
    while (after.len && is_blank(after.ptr[0]))
        after = slice_skip(after, 1);
    struct slice probe = after;
    if (slice_has_prefix(after, SLICE("=?")) && next_encoded(&probe, &word))
        *rest = after;
}

static void put_word(const struct word *word, struct writer *to)
{
    if (!is_ascii_superset(word->charset))
        to->out[to->len++] = HEADER_DECODE_ANYTHING;
    else if (word->base64)
        put_base64(word->text, to);
    else
        put_quoted(word->text, to);
}

// The last "?=": no word ends after it, so none is searched for there.
static const char *last_end(struct slice in)
{
    for (size_t i = in.len; i-- > 1;)
        if (in.ptr[i - 1] == '?' && in.ptr[i] == '=')
            return in.ptr + i - 1;
    return in.ptr;
}

static void decode_words(struct slice in, struct writer *to)
{
    const char *last = last_end(in);
    struct word word;
    while (in.len) {
        if (in.ptr[0] == '=' && in.ptr < last && next_encoded(&in, &word)) {
            put_word(&word, to);
            skip_blanks_before_word(&in);
        } else {
            put(to, in.ptr[0]);
            in = slice_skip(in, 1);
        }
    }
}

size_t header_decode(struct slice in, unsigned way, char *out)
{
    struct writer to = {.out = out, .blanks = way & HEADER_DECODE_BLANKS};
    if (way & HEADER_DECODE_WORDS)
        decode_words(in, &to);
    else
        for (; to.len < in.len; to.len++)
            out[to.len] = in.ptr[to.len];
    return show(out, to.len, to.blanks);
}
