// SPDX-License-Identifier: BSD-2-Clause
#include "spfrecord/spf_fault.h"

#include "spfrecord/ascii.h"
#include "spfrecord/macro.h"

static const struct {
    const char *name, *right;
} examples[] = {
    {"ip4", "ip4:192.0.2.1"},
    {"ipv4", "ip4:192.0.2.1"},
    {"ip", "ip4:192.0.2.1"},
    {"ip6", "ip6:2001:db8::1"},
    {"ipv6", "ip6:2001:db8::1"},
    {"a", "a:mail.example.com"},
    {"mx", "mx:example.com"},
    {"ptr", "ptr:example.com"},
    {"exists", "exists:%{i}.list.example.com"},
    {"all", "~all"},
    {"redirect", "redirect=_spf.example.net"},
    {"exp", "exp=why.example.com"},
};

// By the name that the term begins with, also where it is a wrong one.
static const char *right_of(struct slice term)
{
    size_t len = 0;
    if (term.len > 0 && strchr("+-~?", *term.ptr))
        term = slice_skip(term, 1);
    while (len < term.len && ascii_alnum(term.ptr[len]))
        len++;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++)
        if (slice_equal_nocase(slice_make(term.ptr, len), slice_from(examples[i].name)))
            return examples[i].right;
    return term.len > 0 && ascii_digit(*term.ptr) ? "ip4:192.0.2.1" : "include:_spf.example.net";
}

// The grammar permits these bytes in a name (RFC 7208 section 7.1), but no host has them.
static bool has_joined_name(struct slice target)
{
    struct macro_part part;
    while (macro_next(&target, &part) == MACRO_PART)
        for (size_t i = 0; !part.letter && i < part.text.len; i++)
            if (strchr(",;:", part.text.ptr[i]))
                return true;
    return false;
}

static bool is_right_alone(struct slice text)
{
    struct record_cursor cursor = {.rest = text};
    struct term term;
    return record_next(&cursor, &term) == RECORD_TERM;
}

bool spf_fault_next(struct record_cursor *cursor, struct spf_fault *out)
{
    struct term term;
    for (enum record_rc rc; (rc = record_next(cursor, &term)) != RECORD_END;) {
        if (rc == RECORD_TERM && !has_joined_name(term.target))
            continue;
        out->term = term.text;
        out->kind = rc == RECORD_TERM           ? SPF_FAULT_NAME
                    : is_right_alone(term.text) ? SPF_FAULT_TWICE
                                                : SPF_FAULT_SYNTAX;
        out->right = out->kind == SPF_FAULT_TWICE ? NULL : right_of(term.text);
        return true;
    }
    return false;
}

bool spf_fault_in(struct slice record)
{
    struct record_cursor cursor;
    struct spf_fault fault;
    record_begin(&cursor, record);
    return spf_fault_next(&cursor, &fault);
}
