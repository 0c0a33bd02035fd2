// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/flush_command.h"

#include "ctl/database_query.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { WAIT_SECONDS = 600 };

enum { DATABASE, NO_WAIT };
static const struct ctl_option options[] = {
    [DATABASE] = DATABASE_QUERY_OPTION,
    [NO_WAIT] = {"no-wait", 0, NULL, NULL, NULL, "do not wait for the nodes"},
    {.name = NULL},
};

static void show_progress(const PGresult *rows)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%s tried, %s delivered, %s left ", PQgetvalue(rows, 0, 1), PQgetvalue(rows, 0, 2),
                PQgetvalue(rows, 0, 3));
}

// Waits until all nodes are done with the request.
static int wait_for_nodes(PGconn *connection, const char *const *request)
{
    static const char sql[] = "select r.done_at is not null, coalesce(sum(p.tried), 0), "
                              "coalesce(sum(p.delivered), 0), coalesce(sum(p.waiting), 0) "
                              "from emailgency.flush_request r left join emailgency.flush_part p on "
                              "p.request = r.id where r.id = $1::bigint group by r.id";
    for (int seconds = 0; seconds < WAIT_SECONDS; seconds++) {
        PGresult *rows = database_query_run(connection, sql, 1, request);
        if (!rows)
            return EX_UNAVAILABLE;
        const bool known = PQntuples(rows) == 1, done = known && PQgetvalue(rows, 0, 0)[0] == 't';
        if (known)
            show_progress(rows);
        PQclear(rows);
        if (done || !known) {
            if (isatty(STDERR_FILENO))
                fputc('\n', stderr);
            return done ? EX_OK : EX_DATAERR;
        }
        sleep(1);
    }
    fprintf(stderr, "emailgencyctl flush: the nodes are not done after %d s; they go on\n", WAIT_SECONDS);
    return EX_TEMPFAIL;
}

static void show_parts(PGconn *connection, const char *const *request)
{
    PGresult *rows = database_query_run(
        connection,
        "select node, tried, delivered, waiting as \"left\", "
        "case when done_at is null then 'works on it' else coalesce(problem, '') end as note "
        "from emailgency.flush_part where request = $1::bigint order by node",
        1, request);
    if (rows)
        database_query_print(rows);
    PQclear(rows);
}

static int flush_domain(PGconn *connection, char *const *operands, bool waits)
{
    char id[24];
    PGresult *rows =
        database_query_run(connection, "select emailgency.flush($1)", 1, (const char *const *)operands);
    if (!rows)
        return EX_DATAERR;
    PQclear(rows);
    rows = database_query_run(connection,
                              "select max(r.id) from emailgency.flush_request r join "
                              "emailgency.served_domain s on s.domain = r.domain where s.name = lower($1)",
                              1, (const char *const *)operands);
    if (!rows || PQntuples(rows) != 1) {
        PQclear(rows);
        return EX_UNAVAILABLE;
    }
    snprintf(id, sizeof id, "%s", PQgetvalue(rows, 0, 0));
    PQclear(rows);
    const char *const request[] = {id};
    const int code = waits ? wait_for_nodes(connection, request) : EX_OK;
    show_parts(connection, request);
    return code;
}

static int run(char *const *operands, const char *const *values)
{
    PGconn *connection = database_query_connect(values[DATABASE]);
    if (!connection)
        return EX_UNAVAILABLE;
    const int code = flush_domain(connection, operands, !values[NO_WAIT]);
    PQfinish(connection);
    return code;
}

const struct ctl_command flush_command = {
    .name = "flush",
    .operands = "DOMAIN",
    .summary = "deliver the mail of a domain that waits, on all nodes, now",
    .options = options,
    .run = run,
};
