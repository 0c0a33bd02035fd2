// SPDX-License-Identifier: BSD-2-Clause
#include "base/log.h"
#include "pg/pg_internal.h"

#include <stdlib.h>
#include <string.h>

enum { PAUSE_FIRST_MS = 50, PAUSE_MAX_MS = 5000 };

void pg_enter(struct pg *pg)
{
    pg->depth++;
}

bool pg_leave(struct pg *pg)
{
    pg->depth--;
    if (!pg->destroyed)
        return true;
    if (pg->depth == 0)
        free(pg);
    return false;
}

static void on_io(evutil_socket_t fd, short what, void *arg)
{
    struct pg *pg = arg;
    (void)fd;
    pg_enter(pg);
    if (pg->state == PG_CONNECTING)
        pg_connect_step(pg);
    else
        pg_run_io(pg, what);
    pg_leave(pg);
}

void pg_watch(struct pg *pg, short events)
{
    if (pg->io)
        event_free(pg->io);
    pg->io = event_new(pg->base, PQsocket(pg->conn), (short)(events | EV_PERSIST), on_io, pg);
    if (!pg->io || event_add(pg->io, NULL) != 0)
        abort();
    pg->watched = events;
}

// Nodes that lost one server must not come back in step.
static void start_pause(struct pg *pg)
{
    const int64_t doubled = pg->pause_ms * 2;
    pg->pause_ms = doubled < PAUSE_FIRST_MS ? PAUSE_FIRST_MS
                   : doubled > PAUSE_MAX_MS ? PAUSE_MAX_MS
                                            : doubled;
    const int64_t half = pg->pause_ms / 2;
    loop_timer_set(&pg->pause, half + arc4random_uniform((uint32_t)half + 1));
}

void pg_change_state(struct pg *pg, enum pg_state state)
{
    loop_timer_stop(&pg->deadline);
    loop_timer_stop(&pg->pause);
    pg->state = state;
    switch (state) {
    case PG_IDLE:
        start_pause(pg);
        break;
    case PG_CONNECTING:
        loop_timer_set(&pg->deadline, pg->spec.timeout_ms);
        break;
    case PG_READY:
        pg_watch(pg, EV_READ);
        break;
    }
}

void pg_close(struct pg *pg, enum pg_rc rc)
{
    if (pg->io)
        event_free(pg->io);
    pg->io = NULL;
    PQclear(pg->final);
    pg->final = NULL;
    PQfinish(pg->conn);
    pg->conn = NULL;
    pg->busy = pg->preparing = false;
    pg->prepared_count = 0;
    if (pg->current) {
        pg->current->rc = rc;
        pg_queue_push(&pg->doomed, pg->current);
    }
    pg->current = NULL;
    for (struct pg_job *job; (job = pg_queue_pop(&pg->queue)) != NULL;)
        pg_queue_push(&pg->doomed, job);
}

// libpq hands over the text alone.
static const char *advice(const char *why)
{
    if (strstr(why, "remaining connection slots") || strstr(why, "too many"))
        return "; see who holds connections (pg_stat_activity), limit them (alter role NAME connection limit "
               "5), "
               "or raise max_connections";
    return "";
}

static void log_loss(struct pg *pg, const char *why)
{
    const bool connected = pg->state == PG_READY;
    const char *host = pg->conn ? PQhost(pg->conn) : NULL;
    const char *port = pg->conn ? PQport(pg->conn) : NULL;
    if (!connected && pg->refused)
        return;
    log_warn("%s, trying again: %.*s%s name=%s host=%s port=%s",
             connected ? "database connection lost" : "cannot connect to the database",
             (int)strcspn(why, "\n"), why, connected ? "" : advice(why), pg->spec.name,
             host && *host ? host : "-", port && *port ? port : "-");
    pg->lost = true;
    pg->refused = !connected;
}

void pg_lose(struct pg *pg, enum pg_rc rc, const char *why)
{
    log_loss(pg, why);
    if (pg->state == PG_CONNECTING)
        pg->first_host++;
    pg_close(pg, rc);
    pg_change_state(pg, PG_IDLE);
    if (pg->doomed.count)
        loop_timer_set(&pg->soon, 0);
}

static void on_deadline(void *arg)
{
    struct pg *pg = arg;
    pg_lose(pg, PG_TIMEOUT,
            pg->state == PG_CONNECTING ? "connecting takes too long" : "no answer within the deadline");
}

static void on_pause_end(void *arg)
{
    pg_connect(arg);
}

// Only those that are there now: what callbacks send meanwhile has its turn in the next round.
static void tell_doomed(struct pg *pg)
{
    for (unsigned left = pg->doomed.count; left; left--) {
        struct pg_job *job = pg_queue_pop(&pg->doomed);
        if (!job)
            return;
        job->statement.on_result(job->rc, NULL, job->statement.arg);
        free(job);
    }
}

static void on_soon(void *arg)
{
    struct pg *pg = arg;
    pg_enter(pg);
    tell_doomed(pg);
    if (!pg->destroyed)
        pg_run_next(pg);
    pg_leave(pg);
}

struct pg *pg_create(struct event_base *base, const struct pg_spec *spec)
{
    struct pg *pg = calloc(1, sizeof *pg);
    if (!pg)
        return NULL;
    pg->base = base;
    pg->spec = *spec;
    loop_timer_init(&pg->deadline, base, on_deadline, pg);
    loop_timer_init(&pg->pause, base, on_pause_end, pg);
    loop_timer_init(&pg->soon, base, on_soon, pg);
    loop_timer_set(&pg->pause, 0);
    return pg;
}

void pg_destroy(struct pg *pg)
{
    if (!pg || pg->destroyed)
        return;
    pg_enter(pg);
    pg->destroyed = true;
    pg->state = PG_IDLE;
    pg_close(pg, PG_LOST);
    loop_timer_finish(&pg->deadline);
    loop_timer_finish(&pg->pause);
    loop_timer_finish(&pg->soon);
    tell_doomed(pg);
    pg_leave(pg);
}

bool pg_ready(const struct pg *pg)
{
    return pg->state == PG_READY;
}

unsigned pg_waiting(const struct pg *pg)
{
    return pg->queue.count + pg->doomed.count + (pg->current ? 1 : 0) - (pg->limiting ? 1 : 0);
}

void pg_send(struct pg *pg, const struct pg_statement *statement)
{
    if (pg->destroyed)
        return;
    struct pg_job *job = pg_job_create(statement);
    if (!job)
        abort();
    pg_queue_push(pg->state == PG_READY ? &pg->queue : &pg->doomed, job);
    if (!pg->busy && !loop_timer_running(&pg->soon))
        loop_timer_set(&pg->soon, 0);
}

void pg_reset(struct pg *pg, const char *why)
{
    if (pg->conn)
        pg_lose(pg, PG_LOST, why);
}
