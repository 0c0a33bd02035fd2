// SPDX-License-Identifier: BSD-2-Clause
#include "spfrecord/spf_text.h"

#include "spfrecord/ascii.h"
#include "spfrecord/record.h"

static const struct slice version = {"v=spf1", 6};

static bool is_gap(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static struct slice trim(struct slice in)
{
    while (in.len > 0 && is_gap(*in.ptr))
        in = slice_skip(in, 1);
    while (in.len > 0 && is_gap(in.ptr[in.len - 1]))
        in.len--;
    return in;
}

// A byte after a backslash: three digits are its number.
static char take_escape(struct slice *in)
{
    unsigned number = 0, digits = 0;
    for (; digits < 3 && digits < in->len && ascii_digit(in->ptr[digits]); digits++)
        number = number * 10 + (unsigned)(in->ptr[digits] - '0');
    const bool is_number = digits == 3 && number <= 255;
    char byte = *in->ptr;
    if (is_number)
        byte = (char)number;
    *in = slice_skip(*in, is_number ? 3 : 1);
    return byte;
}

// Takes one byte of the record's text off the front of `*in`. Returns false if that was none of it, but
// what is between the strings.
static bool take_byte(struct slice *in, bool has_strings, bool *quoted, char *out)
{
    const char byte = *in->ptr;
    *in = slice_skip(*in, 1);
    *out = byte;
    if (is_gap(byte))
        *out = ' ';
    if (!has_strings)
        return true;
    if (byte == '"') {
        *quoted = !*quoted;
        return false;
    }
    if (*quoted && byte == '\\' && in->len > 0)
        *out = take_escape(in);
    return *quoted || !(is_gap(byte) || byte == '(' || byte == ')');
}

// A record that is quoted after another one continues the last term of that, as in "-allv=spf1".
static enum spf_text_rc check(struct slice text)
{
    struct slice term, rest;
    if (!record_is_spf(text))
        return SPF_TEXT_OTHER;
    for (rest = slice_skip(text, version.len); rest.len > 0;) {
        slice_split(rest, ' ', &term, &rest);
        if (slice_has_suffix_nocase(term, version))
            return SPF_TEXT_SEVERAL;
    }
    return SPF_TEXT_RECORD;
}

static bool is_printable(struct slice in)
{
    for (size_t i = 0; i < in.len; i++)
        if (in.ptr[i] != ' ' && !ascii_visible(in.ptr[i]))
            return false;
    return true;
}

enum spf_text_rc spf_text_read(struct slice typed, char room[SPF_TEXT_MAX], struct slice *out)
{
    struct slice rest = trim(typed);
    *out = slice_make(NULL, 0);
    const bool has_strings = rest.len > 0 && (*rest.ptr == '"' || *rest.ptr == '(');
    bool quoted = false;
    size_t len = 0;
    if (!has_strings && rest.len > 0 && rest.ptr[rest.len - 1] == '"')
        rest = trim(slice_make(rest.ptr, rest.len - 1)); // the first one was not copied
    while (rest.len > 0) {
        char byte;
        if (!take_byte(&rest, has_strings, &quoted, &byte))
            continue;
        if (len == SPF_TEXT_MAX)
            return SPF_TEXT_LONG;
        room[len++] = byte;
    }
    *out = trim(slice_make(room, len));
    if (out->len == 0)
        return SPF_TEXT_EMPTY;
    return is_printable(*out) ? check(*out) : SPF_TEXT_BYTE;
}
