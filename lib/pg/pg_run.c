// SPDX-License-Identifier: BSD-2-Clause
#include "pg/pg_run.h"

#include "base/bug.h"

#include <stdlib.h>
#include <string.h>

static bool is_prepared(const struct pg *pg, const char *name)
{
    for (unsigned i = 0; i < pg->prepared_count; i++)
        if (strcmp(pg->prepared[i], name) == 0)
            return true;
    return false;
}

// Sends the bytes that libpq still holds; continues after a full socket once it is writable.
static void flush(struct pg *pg)
{
    const int rc = PQflush(pg->conn);
    const short events = rc > 0 ? EV_READ | EV_WRITE : EV_READ;
    if (rc < 0)
        pg_state_lose(pg, PG_LOST, PQerrorMessage(pg->conn));
    else if (events != pg->watched)
        pg_state_watch(pg, events);
}

static int submit(struct pg *pg, const struct pg_statement *statement)
{
    const bool named = statement->name && !pg->pooled;
    if (named && !is_prepared(pg, statement->name)) {
        pg->preparing = true;
        return PQsendPrepare(pg->conn, statement->name, statement->sql, statement->count, NULL);
    }
    if (named)
        return PQsendQueryPrepared(pg->conn, statement->name, statement->count, statement->values, NULL, NULL,
                                   0);
    if (statement->count == 0)
        return PQsendQuery(pg->conn, statement->sql);
    return PQsendQueryParams(pg->conn, statement->sql, statement->count, NULL, statement->values, NULL, NULL,
                             0);
}

static void start_deadline(struct pg *pg)
{
    const int64_t own = pg->in_flight->statement.timeout_ms;
    loop_timer_set(&pg->deadline_timer, own ? own : pg->spec.timeout_ms);
}

void pg_run_next(struct pg *pg)
{
    if (pg->state != PG_READY || pg->busy)
        return;
    if (!pg->in_flight) {
        pg->in_flight = pg_queue_pop(&pg->queue);
        if (!pg->in_flight)
            return;
        start_deadline(pg);
    }
    const struct pg_statement *statement = &pg->in_flight->statement;
    pg->busy = true;
    if (submit(pg, statement) && (!statement->by_row || pg->preparing || PQsetSingleRowMode(pg->conn)))
        flush(pg);
    else
        pg_state_lose(pg, PG_LOST, PQerrorMessage(pg->conn));
}

static bool succeeded(const PGresult *result)
{
    const ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

// Another connection of the server: a pooler that hands out the server's process ids.
static bool is_prepared_elsewhere(const char *state)
{
    return strcmp(state, "26000") == 0 || strcmp(state, "42P05") == 0;
}

// Errors that mean, before anything ran, that the connection is no longer usable: the server forgot a
// prepared statement or has one of that name, a migration changed the columns of a prepared one, the primary
// has become a standby.
static bool spoils_connection(const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *function = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);
    if (!state)
        return false;
    if (strcmp(state, "0A000") == 0) // of any "not supported": "cached plan must not change result type"
        return function && strcmp(function, "RevalidateCachedQuery") == 0;
    return is_prepared_elsewhere(state) || strcmp(state, "25006") == 0;
}

static void call(struct pg_job *job, const PGresult *result)
{
    job->statement.on_result(PQresultStatus(result) == PGRES_SINGLE_TUPLE || succeeded(result) ? PG_OK
                                                                                               : PG_ERROR,
                             result, job->statement.arg);
}

// Each of these takes ownership of `result` and returns false if the connection was closed or destroyed
// meanwhile.
static bool hand_row(struct pg *pg, PGresult *result)
{
    const PGconn *conn = pg->conn;
    pg_state_enter(pg);
    call(pg->in_flight, result);
    PQclear(result);
    return pg_state_leave(pg) && pg->conn == conn;
}

static bool hand_final(struct pg *pg, PGresult *result)
{
    const PGconn *conn = pg->conn;
    struct pg_job *job = pg->in_flight;
    if (!succeeded(result) && spoils_connection(result)) {
        pg->pooled = pg->pooled || is_prepared_elsewhere(PQresultErrorField(result, PG_DIAG_SQLSTATE));
        pg_state_lose(pg, PG_LOST, PQresultErrorMessage(result));
        PQclear(result);
        return false;
    }
    loop_timer_stop(&pg->deadline_timer);
    pg->in_flight = NULL;
    if (succeeded(result))
        pg->pause_ms = 0;
    pg_state_enter(pg);
    call(job, result);
    free(job);
    PQclear(result);
    return pg_state_leave(pg) && pg->conn == conn;
}

// The end of a command: the server has committed (ReadyForQuery), which may have failed after the result.
static bool end_command(struct pg *pg)
{
    PGresult *result = pg->final;
    pg->final = NULL;
    pg->busy = false;
    if (!pg->preparing)
        return hand_final(pg, result);
    pg->preparing = false;
    if (!succeeded(result))
        return hand_final(pg, result);
    PQclear(result);
    if (pg->prepared_count == PG_PREPARED_MAX)
        bug_abort("more than %d prepared statements", PG_PREPARED_MAX);
    pg->prepared[pg->prepared_count++] = pg->in_flight->statement.name;
    return true;
}

static bool take_result(struct pg *pg, PGresult *result)
{
    switch (PQresultStatus(result)) {
    case PGRES_SINGLE_TUPLE:
        return hand_row(pg, result);
    case PGRES_COPY_OUT:
    case PGRES_COPY_IN:
    case PGRES_COPY_BOTH:
        PQclear(result);
        pg_state_lose(pg, PG_LOST, "COPY is not supported here");
        return false;
    default:
        PQclear(pg->final);
        pg->final = result;
        return true;
    }
}

static bool take_results(struct pg *pg)
{
    while (pg->busy && pg->in_flight && !PQisBusy(pg->conn)) {
        PGresult *result = PQgetResult(pg->conn);
        if (!(result ? take_result(pg, result) : end_command(pg)))
            return false;
    }
    return true;
}

static bool take_notifies(struct pg *pg)
{
    const PGconn *conn = pg->conn;
    for (PGnotify *notify; (notify = PQnotifies(pg->conn)) != NULL;) {
        pg_state_enter(pg);
        if (pg->spec.on_notify)
            pg->spec.on_notify(pg, notify->relname, pg->spec.arg);
        PQfreemem(notify);
        if (!pg_state_leave(pg) || pg->conn != conn)
            return false;
    }
    return true;
}

void pg_run_io(struct pg *pg, short what)
{
    if ((what & EV_READ) && !PQconsumeInput(pg->conn)) {
        pg_state_lose(pg, PG_LOST, PQerrorMessage(pg->conn));
        return;
    }
    if (what & EV_WRITE)
        flush(pg);
    if (pg->state != PG_READY)
        return;
    if (pg->in_flight && pg->in_flight->statement.by_row && (what & EV_READ))
        start_deadline(pg);
    // Notifications come last: they follow the results in one read, and libpq finds them while it parses
    // those.
    if (take_results(pg) && take_notifies(pg))
        pg_run_next(pg);
}
