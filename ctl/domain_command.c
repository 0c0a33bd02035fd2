// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/domain_command.h"

#include "ctl/database_query.h"
#include "ctl/usage/usage_bar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define USAGE "select part, name, used, allowed, unit from emailgency.domain_usage($1)"

enum { PART, NAME, USED, ALLOWED, UNIT };
enum { NAME_WIDTH = 14, NAME_WIDTH_MAX = 50 };

enum { DATABASE, JSON };
static const struct ctl_option options[] = {
    [DATABASE] = DATABASE_QUERY_OPTION,
    [JSON] = DATABASE_QUERY_JSON,
    {.name = NULL},
};

static int name_width(const PGresult *rows)
{
    size_t width = NAME_WIDTH;
    for (int row = 0; row < PQntuples(rows); row++) {
        const size_t len = strlen(PQgetvalue(rows, row, NAME));
        width = len > width && len <= NAME_WIDTH_MAX ? len : width;
    }
    return (int)width;
}

static void print_usage(const PGresult *rows)
{
    const int width = name_width(rows);
    const char *part = "rows";
    for (int row = 0; row < PQntuples(rows); row++) {
        const char *of = PQgetvalue(rows, row, PART);
        if (strcmp(part, of) != 0)
            puts(strcmp(of, "fullest") == 0 ? "\nthe fullest mailboxes" : "");
        part = of;
        usage_bar_print(PQgetvalue(rows, row, NAME), width, strtoll(PQgetvalue(rows, row, USED), NULL, 10),
                        PQgetisnull(rows, row, ALLOWED) ? -1
                                                        : strtoll(PQgetvalue(rows, row, ALLOWED), NULL, 10),
                        strcmp(PQgetvalue(rows, row, UNIT), "bytes") == 0, stdout);
    }
}

static int show_usage(char *const *operands, const char *const *values)
{
    const char *const *parameters = (const char *const *)operands;
    if (values[JSON])
        return database_query_list(values[DATABASE], true, USAGE, 1, parameters, NULL);
    PGconn *connection = database_query_connect(values[DATABASE]);
    PGresult *rows = connection ? database_query_run(connection, USAGE, 1, parameters) : NULL;
    const int code = rows ? EX_OK : connection ? EX_DATAERR : EX_UNAVAILABLE;
    if (rows)
        print_usage(rows);
    PQclear(rows);
    PQfinish(connection);
    return code;
}

const struct ctl_command domain_usage_command = {
    .name = "domain usage",
    .operands = "DOMAIN",
    .summary = "print how much of its plan a domain uses, and its fullest mailboxes",
    .options = options,
    .run = show_usage,
};
