// SPDX-License-Identifier: BSD-2-Clause
#include "spfrecord/spf_amend.h"

#include "spfrecord/record.h"

#include <stdio.h>
#include <stdlib.h>

enum { STRING_MAX = 255 };

static bool is_modifier(const struct term *term)
{
    return term->kind == TERM_REDIRECT || term->kind == TERM_EXP || term->kind == TERM_MODIFIER;
}

// "+" is the default qualifier, and a domain may end in a dot (RFC 7208 sections 4.6.2 and 7.1).
static struct slice plain_term(struct slice term)
{
    if (slice_has_prefix(term, SLICE("+")))
        term = slice_skip(term, 1);
    if (term.len > 1 && term.ptr[term.len - 1] == '.')
        term.len--;
    return term;
}

static bool is_same_term(struct slice a, struct slice b)
{
    return slice_equal_nocase(plain_term(a), plain_term(b));
}

static bool is_one_of(struct slice term, const char *terms)
{
    struct slice one, rest = slice_from(terms);
    while (rest.len) {
        slice_split(rest, ' ', &one, &rest);
        if (is_same_term(one, term))
            return true;
    }
    return false;
}

// Receivers never reach what is after `all` (RFC 7208 section 5.1).
static bool has_term(struct slice record, struct slice text)
{
    struct record_cursor cursor;
    struct term term;
    record_begin(&cursor, record);
    for (enum record_rc rc; (rc = record_next(&cursor, &term)) != RECORD_END;) {
        if (is_same_term(term.text, text))
            return true;
        if (rc == RECORD_TERM && term.kind == TERM_ALL)
            return false;
    }
    return false;
}

bool spf_amend_has(struct slice record, const char *own)
{
    struct slice one, rest = slice_from(own);
    while (rest.len) {
        slice_split(rest, ' ', &one, &rest);
        if (!has_term(record, one))
            return false;
    }
    return true;
}

// Returns whether it ended in `all`.
static bool put_mechanisms(struct slice record, const char *own, bool first, FILE *out)
{
    struct record_cursor cursor;
    struct term term;
    enum record_rc rc;
    bool due = own[0] != '\0', ends = false;
    record_begin(&cursor, record);
    while (!ends && (rc = record_next(&cursor, &term)) != RECORD_END) {
        if (rc == RECORD_BAD || is_modifier(&term) || is_one_of(term.text, own))
            continue;
        if (due && (first || term.kind == TERM_ALL || term.result != SPF_PASS)) {
            fprintf(out, " %s", own);
            due = false;
        }
        ends = term.kind == TERM_ALL;
        if (ends && (term.result == SPF_PASS || term.result == SPF_NEUTRAL))
            fputs(" ~all", out);
        else
            fprintf(out, " %.*s", (int)term.text.len, term.text.ptr);
    }
    if (due)
        fprintf(out, " %s", own);
    return ends;
}

// Returns whether a redirect is among them. They come last: receivers apply redirect last, at any position.
static bool put_modifiers(struct slice record, bool all, FILE *out)
{
    struct record_cursor cursor;
    struct term term;
    enum record_rc rc;
    bool redirects = false;
    record_begin(&cursor, record);
    while ((rc = record_next(&cursor, &term)) != RECORD_END) {
        if (rc == RECORD_BAD || !is_modifier(&term) || (all && term.kind == TERM_REDIRECT))
            continue;
        redirects = redirects || term.kind == TERM_REDIRECT;
        fprintf(out, " %.*s", (int)term.text.len, term.text.ptr);
    }
    return redirects;
}

static char *finish(FILE *stream, char **text)
{
    bool failed = ferror(stream) != 0;
    if (fclose(stream) == 0 && !failed)
        return *text;
    free(*text);
    return NULL;
}

char *spf_amend(struct slice record, const char *own, bool first)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    fputs("v=spf1", out);
    bool all = put_mechanisms(record, own, first, out);
    if (!put_modifiers(record, all, out) && !all)
        fputs(" ~all", out);
    return finish(out, &text);
}

// The end of a joined record, from the mildest of those that the others have.
enum joined_end { END_NONE, END_FAIL, END_SOFTFAIL };

struct joining {
    char *text;
    size_t size;
    FILE *out;
    enum joined_end end;
    bool explained;
};

static void join_term(struct joining *joining, enum record_rc rc, const struct term *term)
{
    static const size_t redirect = sizeof "redirect=" - 1;
    if (rc == RECORD_TERM && term->kind == TERM_ALL) {
        const enum joined_end end = term->result == SPF_FAIL ? END_FAIL : END_SOFTFAIL;
        joining->end = end > joining->end ? end : joining->end;
        return;
    }
    if (rc == RECORD_TERM && term->kind == TERM_EXP && joining->explained)
        return;
    joining->explained = joining->explained || (rc == RECORD_TERM && term->kind == TERM_EXP);
    (void)fflush(joining->out); // reports its error in `text`
    if (rc == RECORD_TERM && term->kind == TERM_REDIRECT)
        fprintf(joining->out, " include:%.*s", (int)(term->text.len - redirect), term->text.ptr + redirect);
    else if (!has_term(slice_make(joining->text, joining->size), term->text))
        fprintf(joining->out, " %.*s", (int)term->text.len, term->text.ptr);
}

char *spf_amend_join(const struct slice *records, unsigned count)
{
    static const char *const ends[] = {[END_NONE] = "", [END_FAIL] = " -all", [END_SOFTFAIL] = " ~all"};
    struct joining joining = {.end = END_NONE};
    joining.out = open_memstream(&joining.text, &joining.size);
    if (!joining.out)
        return NULL;
    fputs("v=spf1", joining.out);
    for (unsigned i = 0; i < count; i++) {
        struct record_cursor cursor;
        struct term term;
        record_begin(&cursor, records[i]);
        for (enum record_rc rc; (rc = record_next(&cursor, &term)) != RECORD_END;)
            join_term(&joining, rc, &term);
    }
    fputs(ends[joining.end], joining.out);
    return finish(joining.out, &joining.text);
}

char *spf_amend_new(const char *own)
{
    char *text;
    return asprintf(&text, "v=spf1 %s%smx ~all", own, own[0] ? " " : "") < 0 ? NULL : text;
}

bool spf_amend_string(struct slice *rest, struct slice *out)
{
    size_t len = rest->len < STRING_MAX ? rest->len : STRING_MAX;
    *out = slice_make(rest->ptr, len);
    *rest = slice_skip(*rest, len);
    return len > 0;
}
