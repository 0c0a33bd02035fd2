// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/mailbox_command.h"

#include "ctl/database_query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static const char *const kinds[] = {"mailbox", "candidate", "blocked", "deleted", "all", NULL};

enum { DATABASE, JSON, KIND, AFTER, LIMIT };
static const struct ctl_option list_options[] = {
    [DATABASE] = DATABASE_QUERY_OPTION,
    [JSON] = DATABASE_QUERY_JSON,
    [KIND] = {"kind", 0, "KIND", NULL, "mailbox", "mailbox, candidate, blocked, deleted or all"},
    [AFTER] = {"after", 0, "ADDRESS", NULL, NULL, "the page after this address"},
    [LIMIT] = {"limit", 0, "COUNT", NULL, "100", "rows of a page, at most 1000"},
    {.name = NULL},
};
static const struct ctl_choice choices[] = {{"kind", kinds}, {.option = NULL}};
static const struct ctl_option options[] = {
    [DATABASE] = DATABASE_QUERY_OPTION,
    [JSON] = DATABASE_QUERY_JSON,
    {.name = NULL},
};

#define LISTED "emailgency.list_mailboxes($1, coalesce($2, '*'), $3, $4, $5::integer) as m"

// JSON, and the address, whose last one begins the next page.
static int print_page(PGconn *connection, bool json, const char *const *parameters, int limit)
{
    PGresult *rows = database_query_run(
        connection,
        json
            ? "select row_to_json(m)::text, m.address from " LISTED
            : "select m.address, case when m.kind <> 'mailbox' then m.kind when m.vip then 'VIP' else '' end "
              "as kind, case when m.log_in then 'yes' else 'no' end as \"log-in\", m.messages, "
              "pg_size_pretty(m.bytes) as size, coalesce(round(100.0 * m.bytes / nullif(m.quota, 0)) || ' "
              "%', '') as full, coalesce(m.expiry_days_effective::text, '') as days from " LISTED,
        5, parameters);
    if (!rows)
        return EX_DATAERR;
    const int count = PQntuples(rows);
    for (int row = 0; json && row < count; row++) {
        database_query_print_text(stdout, PQgetvalue(rows, row, 0));
        putchar('\n');
    }
    if (!json && count)
        database_query_print(rows);
    else if (!json)
        puts("there is no such mailbox");
    if (count == limit)
        fprintf(stderr, "emailgencyctl mailbox list: the next page: --after %s\n",
                PQgetvalue(rows, count - 1, json ? 1 : 0));
    PQclear(rows);
    return EX_OK;
}

static int list_mailboxes(char *const *operands, const char *const *values)
{
    const char *const parameters[] = {operands[0], operands[1], values[KIND], values[AFTER], values[LIMIT]};
    if (!database_query_is_id(values[LIMIT]))
        return EX_USAGE;
    PGconn *connection = database_query_connect(values[DATABASE]);
    if (!connection)
        return EX_UNAVAILABLE;
    const int code = print_page(connection, values[JSON], parameters, atoi(values[LIMIT]));
    PQfinish(connection);
    return code;
}

const struct ctl_command mailbox_list_command = {
    .name = "mailbox list",
    .operands = "DOMAIN [PATTERN]",
    .summary = "print the mailboxes of a domain; PATTERN as in 'a*'",
    .options = list_options,
    .choices = choices,
    .run = list_mailboxes,
};

static int show_mailbox(char *const *operands, const char *const *values)
{
    PGconn *connection = database_query_connect(values[DATABASE]);
    if (!connection)
        return EX_UNAVAILABLE;
    const int code = database_query_document(connection, values[JSON], "emailgency.show_mailbox($1)", 1,
                                             (const char *const *)operands);
    PQfinish(connection);
    return code;
}

const struct ctl_command mailbox_show_command = {
    .name = "mailbox show",
    .operands = "ADDRESS",
    .summary = "print a mailbox: its limits, its use, and what it has of its own",
    .options = options,
    .run = show_mailbox,
};

static int restore_mailbox(char *const *operands, const char *const *values)
{
    static const char text[] = "select 'is back, with its mail' as message "
                               "from (select emailgency.restore_mailbox($1)) as one";
    static const char json[] = "select emailgency.canonical_address($1) as address, true as restored "
                               "from (select emailgency.restore_mailbox($1)) as one";
    return database_query_list(values[DATABASE], values[JSON], values[JSON] ? json : text, 1,
                               (const char *const *)operands, NULL);
}

const struct ctl_command mailbox_restore_command = {
    .name = "mailbox restore",
    .operands = "ADDRESS",
    .summary = "bring a deleted mailbox back, with its mail",
    .options = options,
    .run = restore_mailbox,
};
