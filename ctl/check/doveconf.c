// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/doveconf.h"

enum { DEPTH_MAX = 8, PREFIX_MAX = 512 };

struct flattening {
    char prefix[PREFIX_MAX];
    size_t ends[DEPTH_MAX]; // lengths of the prefix outside each open section
    size_t depth;
    unsigned databases[2]; // passdb, userdb
};

static void open_section(struct flattening *at, struct slice name)
{
    static const char *const databases[] = {"passdb", "userdb"};
    const size_t before = strlen(at->prefix);
    size_t len = before;
    if (at->depth < DEPTH_MAX)
        at->ends[at->depth] = before;
    at->depth++;
    for (size_t i = 0; i < name.len && len + 2 < PREFIX_MAX; i++)
        if (name.ptr[i] == ' ')
            at->prefix[len++] = '.';
        else if (name.ptr[i] != '"')
            at->prefix[len++] = name.ptr[i];
    at->prefix[len] = '\0';
    for (size_t i = 0; i < 2; i++)
        if (before == strlen("dovecot.") && slice_equal(name, slice_from(databases[i])))
            len += (size_t)snprintf(at->prefix + len, PREFIX_MAX - len, ".%u", at->databases[i]++);
    snprintf(at->prefix + len, PREFIX_MAX - len, ".");
}

static void close_section(struct flattening *at)
{
    if (at->depth == 0)
        return;
    if (--at->depth < DEPTH_MAX)
        at->prefix[at->ends[at->depth]] = '\0';
}

static void write_setting(const struct flattening *at, struct slice line, FILE *out)
{
    struct slice name, value;
    if (at->depth > DEPTH_MAX || !slice_split(line, '=', &name, &value))
        return;
    name = slice_trim(name);
    value = slice_trim(value);
    if (value.len > 1 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
        value = slice_trim(slice_make(value.ptr + 1, value.len - 2));
    fprintf(out, "%s%.*s = %.*s\n", at->prefix, (int)name.len, name.ptr, (int)value.len, value.ptr);
}

void doveconf_flatten(struct slice text, FILE *out)
{
    struct flattening at = {.prefix = "dovecot."};
    struct slice line;
    while (text.len > 0) {
        (void)slice_split(text, '\n', &line, &text);
        line = slice_trim(line);
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        if (slice_equal(line, SLICE("}")))
            close_section(&at);
        else if (line.ptr[line.len - 1] == '{')
            open_section(&at, slice_trim(slice_make(line.ptr, line.len - 1)));
        else
            write_setting(&at, line, out);
    }
}
