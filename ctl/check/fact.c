// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/fact.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { NAME_MAX_SIZE = 640 };

struct slice fact_text(const struct postconf *facts, const char *format, ...)
{
    char name[NAME_MAX_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    return postconf_value(facts, name);
}

bool fact_number(const struct postconf *facts, int64_t *out, const char *format, ...)
{
    char name[NAME_MAX_SIZE];
    unsigned long long number;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    struct slice text = postconf_value(facts, name);
    const bool negative = slice_has_prefix(text, SLICE("-"));
    if (!slice_number(slice_skip(text, negative), INT64_MAX, &number))
        return false;
    *out = negative ? -(int64_t)number : (int64_t)number;
    return true;
}

struct part {
    unsigned long long uid, gid;
    unsigned mode;
    char type;
};

// "uid:gid:mode", mode octal with the type's letter.
static bool read_part(struct slice word, struct part *out)
{
    struct slice uid, gid, mode;
    char digits[16];
    if (!slice_split(word, ':', &uid, &gid) || !slice_split(gid, ':', &gid, &mode) || mode.len < 2 ||
        !slice_number(uid, UINT32_MAX, &out->uid) || !slice_number(gid, UINT32_MAX, &out->gid) ||
        !slice_copy(slice_make(mode.ptr, mode.len - 1), digits, sizeof digits))
        return false;
    out->type = mode.ptr[mode.len - 1];
    out->mode = (unsigned)strtoul(digits, NULL, 8);
    return true;
}

// `groups` is "gid,gid...".
static bool holds(struct slice groups, unsigned long long gid)
{
    struct slice word;
    unsigned long long number;
    while (groups.len > 0) {
        (void)slice_split(groups, ',', &word, &groups);
        if (slice_number(word, UINT32_MAX, &number) && number == gid)
            return true;
    }
    return false;
}

// As path_resolution(7): the first class that matches decides.
static bool may(struct slice account, const struct part *part, unsigned bits)
{
    struct slice uid, groups;
    unsigned long long number;
    (void)slice_split(account, ':', &uid, &groups);
    if (!slice_number(uid, UINT32_MAX, &number))
        return false;
    if (number == 0)
        return part->type == 'd' || !(bits & 1) || (part->mode & 0111) != 0;
    if (number == part->uid)
        return (part->mode >> 6 & bits) == bits;
    return (holds(groups, part->gid) ? part->mode >> 3 & bits : part->mode & bits) == bits;
}

// The path up to and with its n-th part; part 0 is "/".
static void name_part(struct slice path, size_t n, char *out, size_t size)
{
    size_t end = 0;
    while (n > 0 && end < path.len) {
        end++;
        while (end < path.len && path.ptr[end] != '/')
            end++;
        n--;
    }
    (void)slice_copy(slice_make(path.ptr, end > 0 ? end : 1), out, size);
}

static enum fact_access judge_parts(struct slice path, struct slice parts, struct slice account,
                                    unsigned bits, struct fact_path *out)
{
    struct part part = {.type = '?'};
    struct slice word, rest, next;
    enum fact_access access = FACT_MAY;
    out->is_open = true;
    for (size_t n = 0; postconf_next(&parts, &word); n++) {
        rest = parts;
        const bool last = !postconf_next(&rest, &next);
        if (!read_part(word, &part))
            return FACT_HIDDEN;
        out->is_open = out->is_open && (last || part.mode & 1);
        if (access != FACT_MAY)
            continue;
        name_part(path, n, out->at, sizeof out->at);
        out->mode = part.mode;
        out->uid = (int64_t)part.uid;
        out->is_file = last;
        access = may(account, &part, last ? bits : 1) ? FACT_MAY : FACT_MAY_NOT;
    }
    out->type = part.type;
    return access;
}

enum fact_access fact_path_access(const struct postconf *facts, const char *name, struct slice account,
                                  unsigned bits, struct fact_path *out)
{
    char who[64];
    const struct slice path = fact_text(facts, "path.%s.at", name);
    const struct slice problem = fact_text(facts, "path.%s.error", name);
    *out = (struct fact_path){.type = '?', .problem = problem};
    (void)slice_copy(path, out->at, sizeof out->at);
    if (problem.len > 0) {
        (void)slice_copy(fact_text(facts, "path.%s.error_at", name), out->at, sizeof out->at);
        return slice_has_suffix_nocase(problem, SLICE("denied")) ? FACT_HIDDEN : FACT_MISSING;
    }
    const struct slice parts = fact_text(facts, "path.%s.parts", name);
    if (parts.len == 0)
        return FACT_HIDDEN;
    const bool fits = slice_copy(account, who, sizeof who);
    const struct slice numbers = fits ? fact_text(facts, "account.%s", who) : SLICE("");
    if (numbers.len == 0)
        return FACT_NOBODY;
    return judge_parts(path, parts, numbers, bits, out);
}
