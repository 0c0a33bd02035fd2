// SPDX-License-Identifier: BSD-2-Clause
#include "spfrecord/macro.h"

#include "spfrecord/ascii.h"

#define KEEP_MAX 1000000 // more than any value has parts

// "%{" macro-letter transformers *delimiter "}" of which `*rest` starts after "%{".
static bool parse_braces(struct slice *rest, struct macro_part *out)
{
    struct slice in;
    bool has_digits = false;
    if (!slice_split(*rest, '}', &in, rest) || in.len == 0 || !ascii_alpha(in.ptr[0]))
        return false;
    out->letter = ascii_lower(in.ptr[0]);
    out->escapes = out->letter != in.ptr[0];
    if (!strchr("slodiphcrtv", out->letter))
        return false;
    for (in = slice_skip(in, 1); in.len && ascii_digit(in.ptr[0]); in = slice_skip(in, 1)) {
        has_digits = true;
        if (out->keep < KEEP_MAX)
            out->keep = out->keep * 10 + (unsigned)(in.ptr[0] - '0');
    }
    if (has_digits && out->keep == 0)
        return false;
    out->reverse = in.len && ascii_lower(in.ptr[0]) == 'r';
    out->text = slice_skip(in, out->reverse);
    for (size_t i = 0; i < out->text.len; i++)
        if (out->text.ptr[i] == '\0' || !strchr(".-+,/_=", out->text.ptr[i]))
            return false;
    return true;
}

static bool parse_expand(struct slice *rest, struct macro_part *out)
{
    if (rest->len < 2)
        return false;
    char second = rest->ptr[1];
    *rest = slice_skip(*rest, 2);
    out->expands = true;
    out->text = second == '%' ? SLICE("%") : second == '_' ? SLICE(" ") : SLICE("%20");
    return second == '{' ? parse_braces(rest, out) : second == '%' || second == '_' || second == '-';
}

enum macro_rc macro_next(struct slice *rest, struct macro_part *out)
{
    *out = (struct macro_part){0};
    if (rest->len == 0)
        return MACRO_END;
    if (rest->ptr[0] == '%')
        return parse_expand(rest, out) ? MACRO_PART : MACRO_BAD;
    const char *percent = memchr(rest->ptr, '%', rest->len);
    out->text = slice_make(rest->ptr, percent ? (size_t)(percent - rest->ptr) : rest->len);
    *rest = slice_skip(*rest, out->text.len);
    return MACRO_PART;
}

static bool part_valid(const struct macro_part *part, enum macro_place place)
{
    if (part->letter)
        return place != MACRO_IN_RECORD || !strchr("crt", part->letter);
    for (size_t i = 0; !part->expands && i < part->text.len; i++)
        if (!ascii_visible(part->text.ptr[i]) && !(place == MACRO_IN_EXPLANATION && part->text.ptr[i] == ' '))
            return false;
    return true;
}

// `*last` is the last part, an empty text where there is none.
static bool parts_valid(struct slice in, enum macro_place place, struct macro_part *last)
{
    struct macro_part part;
    enum macro_rc rc;
    *last = (struct macro_part){0};
    while ((rc = macro_next(&in, &part)) == MACRO_PART) {
        if (!part_valid(&part, place))
            return false;
        *last = part;
    }
    return rc == MACRO_END;
}

bool macro_valid(struct slice in, enum macro_place place)
{
    struct macro_part last;
    return parts_valid(in, place, &last);
}

// ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" ) alphanum )
static bool top_label_valid(struct slice in)
{
    bool only_digits = true;
    if (in.len == 0 || in.ptr[0] == '-' || in.ptr[in.len - 1] == '-')
        return false;
    for (size_t i = 0; i < in.len; i++) {
        if (!ascii_alnum(in.ptr[i]) && in.ptr[i] != '-')
            return false;
        only_digits = only_digits && ascii_digit(in.ptr[i]);
    }
    return !only_digits;
}

bool macro_domain_valid(struct slice in)
{
    struct macro_part last;
    struct slice before, top;
    if (!parts_valid(in, MACRO_IN_RECORD, &last))
        return false;
    if (last.expands)
        return true;
    if (last.text.len && last.text.ptr[last.text.len - 1] == '.')
        last.text.len--;
    return slice_split_last(last.text, '.', &before, &top) && top_label_valid(top);
}

bool macro_uses(struct slice in, char letter)
{
    struct macro_part part;
    while (macro_next(&in, &part) == MACRO_PART)
        if (part.letter == letter)
            return true;
    return false;
}
