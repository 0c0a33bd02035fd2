// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/tidy_command.h"

#include "ctl/database_query.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { WAIT_SECONDS = 120, LOOKS_PER_SECOND = 5 };

enum { DATABASE, JSON, NO_WAIT };
static const struct ctl_option options[] = {
    [DATABASE] = DATABASE_QUERY_OPTION,
    [JSON] = DATABASE_QUERY_JSON,
    [NO_WAIT] = {"no-wait", 0, NULL, NULL, NULL, "do not wait for the keeper"},
    {.name = NULL},
};

// Waits until a keeper is done with the request.
static int wait_for_keeper(PGconn *connection, const char *const *request)
{
    static const char sql[] = "select done_at is not null from emailgency.tidy_request where id = $1::bigint";
    for (int look = 0; look < WAIT_SECONDS * LOOKS_PER_SECOND; look++) {
        PGresult *rows = database_query_run(connection, sql, 1, request);
        if (!rows)
            return EX_UNAVAILABLE;
        const bool done = PQntuples(rows) == 1 && PQgetvalue(rows, 0, 0)[0] == 't';
        PQclear(rows);
        if (done)
            return EX_OK;
        usleep(1000000 / LOOKS_PER_SECOND);
    }
    fprintf(stderr, "emailgencyctl tidy: no keeper is done with it after %d s; is emailgency-keeper up?\n",
            WAIT_SECONDS);
    return EX_TEMPFAIL;
}

static int show_request(PGconn *connection, const char *const *request, bool json)
{
#define FROM "from emailgency.tidy_request r where r.id = $1::bigint"
    PGresult *rows = database_query_run(
        connection,
        json ? "select row_to_json(t)::text from (select r.domain, r.done_at is not null as done, "
               "r.candidates, r.moved, r.problem " FROM ") as t"
             : "select r.candidates as \"new candidates\", r.moved as \"moved to Undelivered\", "
               "case when r.done_at is null then 'is to be done' else r.problem end as note " FROM,
        1, request);
#undef FROM
    if (!rows)
        return EX_UNAVAILABLE;
    if (!json)
        database_query_print(rows);
    else if (PQntuples(rows) == 1)
        puts(PQgetvalue(rows, 0, 0));
    PQclear(rows);
    return EX_OK;
}

static int tidy_domain(PGconn *connection, char *const *operands, const char *const *values)
{
    char id[24];
    const char *const *parameters = (const char *const *)operands;
    PGresult *rows = database_query_run(connection, "select emailgency.tidy($1)", 1, parameters);
    if (!rows)
        return EX_DATAERR;
    PQclear(rows);
    rows = database_query_run(connection,
                              "select max(r.id) from emailgency.tidy_request r "
                              "where r.domain = emailgency.canonical_domain($1)",
                              1, parameters);
    if (!rows)
        return EX_UNAVAILABLE;
    snprintf(id, sizeof id, "%s", PQgetvalue(rows, 0, 0));
    PQclear(rows);
    const char *const request[] = {id};
    const int code = values[NO_WAIT] ? EX_OK : wait_for_keeper(connection, request);
    const int shown = show_request(connection, request, values[JSON]);
    return code ? code : shown;
}

static int run(char *const *operands, const char *const *values)
{
    PGconn *connection = database_query_connect(values[DATABASE]);
    if (!connection)
        return EX_UNAVAILABLE;
    const int code = tidy_domain(connection, operands, values);
    PQfinish(connection);
    return code;
}

const struct ctl_command tidy_command = {
    .name = "tidy",
    .operands = "DOMAIN",
    .summary = "sort the mail to unknown addresses of a domain now",
    .options = options,
    .run = run,
};
