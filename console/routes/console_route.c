// SPDX-License-Identifier: BSD-2-Clause
#include "console/routes/console_route.h"

#include "web/web_path.h"

#include <stdio.h>

enum { FOLDED_MAX = 1024 };

static struct slice fold_path(struct slice path, char out[FOLDED_MAX])
{
    const bool is_folded =
        slice_has_prefix_nocase(path, SLICE(ROUTE_ANY_CASE)) && slice_copy_lower(path, out, FOLDED_MAX);
    return is_folded ? slice_from(out) : path;
}

enum route_rc console_route_find(enum route_method method, struct slice path, char *room,
                                 struct web_form *parts, const struct console_route **route)
{
    const unsigned before = parts->count;
    enum route_rc rc = ROUTE_UNKNOWN;
    char folded[FOLDED_MAX];
    path = fold_path(path, folded);
    for (const struct console_route *row = console_routes; row < console_routes + console_route_count;
         row++) {
        if (!web_path_match(row->pattern, path, room, parts))
            continue;
        *route = row;
        if (row->method == method)
            return ROUTE_FOUND;
        parts->count = before;
        rc = ROUTE_OTHER_METHOD;
    }
    return rc;
}

const struct console_route *console_route_page(const char *pattern)
{
    for (const struct console_route *row = console_routes; row < console_routes + console_route_count; row++)
        if (row->method == ROUTE_GET && strcmp(row->pattern, pattern) == 0)
            return row;
    return NULL;
}

void console_route_print(void)
{
    static const char *const roles[] = {
        [ROUTE_PUBLIC] = "public",   [ROUTE_USER] = "user", [ROUTE_ADMIN] = "admin",
        [ROUTE_SESSION] = "session", [ROUTE_LINK] = "link", [ROUTE_PROGRAM] = "program"};
    for (const struct console_route *row = console_routes; row < console_routes + console_route_count; row++)
        printf("%s %s %s %s %s\n", row->method == ROUTE_POST ? "POST" : "GET", row->pattern, roles[row->role],
               row->verb   ? row->verb
               : row->call ? row->call
                           : "-",
               row->page ? row->page : "-");
}
