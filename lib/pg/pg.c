// SPDX-License-Identifier: BSD-2-Clause
#include "base/log.h"
#include "pg/pg_internal.h"

#include <stdlib.h>
#include <string.h>

enum { PAUSE_FIRST_MS = 50, PAUSE_MAX_MS = 5000 };

// Callbacks may queue statements, reset the connection or destroy it: around each stands enter and leave, and
// with leave saying false nothing of `pg` is touched any more.
static void enter(struct pg *pg)
{
    pg->depth++;
}

static bool leave(struct pg *pg)
{
    pg->depth--;
    if (!pg->destroyed)
        return true;
    if (pg->depth == 0)
        free(pg);
    return false;
}

static void fail_job(struct pg_job *job, enum pg_rc rc)
{
    job->statement.on_result(rc, NULL, job->statement.arg);
    free(job);
}

// What callbacks queue meanwhile is not failed with the rest.
static void fail_jobs(struct pg *pg, enum pg_rc rc)
{
    struct pg_job *current = pg->current;
    struct pg_job *job = pg->first;
    pg->current = pg->first = pg->last = NULL;
    pg->waiting = 0;
    pg->busy = pg->preparing = false;
    if (current)
        fail_job(current, rc);
    while (job) {
        struct pg_job *next = job->next;
        fail_job(job, PG_LOST);
        job = next;
    }
}

static void on_io(evutil_socket_t fd, short what, void *arg);

void pg_watch(struct pg *pg, short events)
{
    if (pg->io)
        event_free(pg->io);
    pg->io = event_new(pg->base, PQsocket(pg->conn), (short)(events | EV_PERSIST), on_io, pg);
    if (!pg->io || event_add(pg->io, NULL) != 0)
        abort();
    pg->watched = events;
}

void pg_change_state(struct pg *pg, enum pg_state state)
{
    loop_timer_stop(&pg->deadline);
    loop_timer_stop(&pg->pause);
    switch (state) {
    case PG_IDLE:
        loop_timer_set(&pg->pause, pg->pause_ms / 2 + rand() % (pg->pause_ms / 2 + 1));
        pg->pause_ms = pg->pause_ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : pg->pause_ms * 2;
        break;
    case PG_CONNECTING:
        loop_timer_set(&pg->deadline, pg->spec.timeout_ms);
        break;
    case PG_READY:
        pg->pause_ms = PAUSE_FIRST_MS;
        pg_watch(pg, EV_READ);
        loop_timer_set(&pg->soon, 0);
        break;
    }
    pg->state = state;
}

void pg_lose(struct pg *pg, enum pg_rc rc, const char *why)
{
    if (!pg->reported)
        log_warn("database connection lost, trying again: %.*s name=%s", (int)strcspn(why, "\n"), why,
                 pg->spec.name);
    pg->reported = true;
    if (pg->io)
        event_free(pg->io);
    pg->io = NULL;
    PQfinish(pg->conn);
    pg->conn = NULL;
    pg_change_state(pg, PG_IDLE);
    enter(pg);
    fail_jobs(pg, rc);
    leave(pg);
}

static bool is_prepared(const struct pg *pg, const char *name)
{
    for (unsigned i = 0; i < pg->prepared_count; i++)
        if (strcmp(pg->prepared[i], name) == 0)
            return true;
    return false;
}

// Sends what libpq still holds; with a full socket it goes on when it can be written.
static void flush(struct pg *pg)
{
    const int rc = PQflush(pg->conn);
    const short events = rc > 0 ? EV_READ | EV_WRITE : EV_READ;
    if (rc < 0)
        pg_lose(pg, PG_LOST, PQerrorMessage(pg->conn));
    else if (events != pg->watched)
        pg_watch(pg, events);
}

static int submit(struct pg *pg, const struct pg_statement *statement)
{
    if (statement->name && !is_prepared(pg, statement->name)) {
        pg->preparing = true;
        return PQsendPrepare(pg->conn, statement->name, statement->sql, statement->count, NULL);
    }
    if (statement->name)
        return PQsendQueryPrepared(pg->conn, statement->name, statement->count, statement->values, NULL, NULL,
                                   0);
    if (statement->count == 0 && !statement->by_row)
        return PQsendQuery(pg->conn, statement->sql);
    return PQsendQueryParams(pg->conn, statement->sql, statement->count, NULL, statement->values, NULL, NULL,
                             0);
}

static int64_t timeout_of(const struct pg *pg, const struct pg_statement *statement)
{
    return statement->timeout_ms ? statement->timeout_ms : pg->spec.timeout_ms;
}

static void run_next(struct pg *pg)
{
    if (pg->state != PG_READY || pg->busy)
        return;
    if (!pg->current)
        pg->current = pg_queue_pop(pg);
    if (!pg->current)
        return;
    const struct pg_statement *statement = &pg->current->statement;
    pg->busy = true;
    if (!submit(pg, statement) || (statement->by_row && !pg->preparing && !PQsetSingleRowMode(pg->conn))) {
        pg_lose(pg, PG_LOST, PQerrorMessage(pg->conn));
        return;
    }
    loop_timer_set(&pg->deadline, timeout_of(pg, statement));
    flush(pg);
}

static enum pg_rc outcome(const PGresult *result)
{
    const ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE ? PG_OK
                                                                                                   : PG_ERROR;
}

static void remember_prepared(struct pg *pg, const char *name)
{
    pg->preparing = false;
    if (pg->prepared_count == sizeof pg->prepared / sizeof *pg->prepared)
        abort();
    pg->prepared[pg->prepared_count++] = name;
}

// Hands one result to the statement under way. False when the connection was given up or destroyed meanwhile.
static bool deliver(struct pg *pg, const PGresult *result)
{
    struct pg_job *job = pg->current;
    const PGconn *conn = pg->conn;
    if (!job)
        return true;
    if (pg->preparing && outcome(result) == PG_OK) {
        remember_prepared(pg, job->statement.name);
        return true;
    }
    const bool row = PQresultStatus(result) == PGRES_SINGLE_TUPLE;
    if (row) {
        // A long answer that flows is no hang.
        loop_timer_set(&pg->deadline, timeout_of(pg, &job->statement));
    } else {
        loop_timer_stop(&pg->deadline);
        pg->current = NULL;
        pg->preparing = false;
    }
    enter(pg);
    job->statement.on_result(outcome(result), result, job->statement.arg);
    if (!row)
        free(job);
    return leave(pg) && pg->conn == conn;
}

static bool take_notifies(struct pg *pg)
{
    const PGconn *conn = pg->conn;
    for (PGnotify *notify; (notify = PQnotifies(pg->conn)) != NULL;) {
        enter(pg);
        if (pg->spec.on_notify)
            pg->spec.on_notify(pg, notify->relname, pg->spec.arg);
        PQfreemem(notify);
        if (!leave(pg) || pg->conn != conn)
            return false;
    }
    return true;
}

static bool take_results(struct pg *pg)
{
    while (pg->busy && !PQisBusy(pg->conn)) {
        PGresult *result = PQgetResult(pg->conn);
        if (!result) {
            pg->busy = false;
            break;
        }
        const bool go_on = deliver(pg, result);
        PQclear(result);
        if (!go_on)
            return false;
    }
    return true;
}

static void on_ready_io(struct pg *pg, short what)
{
    if ((what & EV_READ) && !PQconsumeInput(pg->conn)) {
        pg_lose(pg, PG_LOST, PQerrorMessage(pg->conn));
        return;
    }
    if (what & EV_WRITE)
        flush(pg);
    if (pg->state == PG_READY && take_notifies(pg) && take_results(pg))
        run_next(pg);
}

static void on_io(evutil_socket_t fd, short what, void *arg)
{
    struct pg *pg = arg;
    (void)fd;
    enter(pg);
    if (pg->state == PG_CONNECTING)
        pg_connect_step(pg);
    else
        on_ready_io(pg, what);
    leave(pg);
}

static void on_deadline(void *arg)
{
    struct pg *pg = arg;
    pg_lose(pg, PG_TIMEOUT,
            pg->state == PG_CONNECTING ? "connecting takes too long" : "no answer within the deadline");
}

static void on_pause_end(void *arg)
{
    struct pg *pg = arg;
    pg_change_state(pg, PG_CONNECTING);
    pg_connect_step(pg);
}

static void on_soon(void *arg)
{
    struct pg *pg = arg;
    enter(pg);
    if (pg->state == PG_READY)
        run_next(pg);
    else
        fail_jobs(pg, PG_LOST);
    leave(pg);
}

struct pg *pg_create(struct event_base *base, const struct pg_spec *spec)
{
    struct pg *pg = calloc(1, sizeof *pg);
    if (!pg)
        return NULL;
    pg->base = base;
    pg->spec = *spec;
    pg->pause_ms = PAUSE_FIRST_MS;
    loop_timer_init(&pg->deadline, base, on_deadline, pg);
    loop_timer_init(&pg->pause, base, on_pause_end, pg);
    loop_timer_init(&pg->soon, base, on_soon, pg);
    loop_timer_set(&pg->pause, 0);
    return pg;
}

void pg_destroy(struct pg *pg)
{
    if (!pg)
        return;
    enter(pg);
    if (pg->io)
        event_free(pg->io);
    PQfinish(pg->conn);
    pg->io = NULL;
    pg->conn = NULL;
    pg->state = PG_IDLE;
    fail_jobs(pg, PG_LOST);
    loop_timer_finish(&pg->deadline);
    loop_timer_finish(&pg->pause);
    loop_timer_finish(&pg->soon);
    pg->destroyed = true;
    leave(pg);
}

bool pg_ready(const struct pg *pg)
{
    return pg->state == PG_READY;
}

unsigned pg_waiting(const struct pg *pg)
{
    return pg->waiting + (pg->current ? 1 : 0);
}

void pg_send(struct pg *pg, const struct pg_statement *statement)
{
    struct pg_job *job = pg_job_create(statement);
    if (!job)
        abort();
    pg_queue_push(pg, job);
    if (!pg->busy && !loop_timer_running(&pg->soon))
        loop_timer_set(&pg->soon, 0);
}

void pg_reset(struct pg *pg, const char *why)
{
    if (pg->conn)
        pg_lose(pg, PG_LOST, why);
}
