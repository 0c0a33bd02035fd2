// SPDX-License-Identifier: BSD-2-Clause
#include "pg/pg_state.h"

#include "base/log.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { PAUSE_FIRST_MS = 50, PAUSE_MAX_MS = 5000 };

void pg_state_enter(struct pg *pg)
{
    pg->depth++;
}

bool pg_state_leave(struct pg *pg)
{
    pg->depth--;
    if (!pg->destroyed)
        return true;
    if (pg->depth == 0)
        free(pg);
    return false;
}

void pg_state_watch(struct pg *pg, short events)
{
    if (pg->io)
        event_free(pg->io);
    pg->io = event_new(pg->base, PQsocket(pg->conn), (short)(events | EV_PERSIST), pg->on_io, pg);
    if (!pg->io || event_add(pg->io, NULL) != 0)
        memory_exhausted();
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
    loop_timer_set(&pg->pause_timer, half + arc4random_uniform((uint32_t)half + 1));
}

void pg_state_change(struct pg *pg, enum pg_state state)
{
    loop_timer_stop(&pg->deadline_timer);
    loop_timer_stop(&pg->pause_timer);
    pg->state = state;
    switch (state) {
    case PG_IDLE:
        start_pause(pg);
        break;
    case PG_CONNECTING:
        loop_timer_set(&pg->deadline_timer, pg->spec.timeout_ms);
        break;
    case PG_READY:
        pg_state_watch(pg, EV_READ);
        break;
    }
}

void pg_state_close(struct pg *pg, enum pg_rc rc)
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
    if (pg->in_flight) {
        pg->in_flight->rc = rc;
        pg_queue_push(&pg->failed, pg->in_flight);
    }
    pg->in_flight = NULL;
    for (struct pg_job *job; (job = pg_queue_pop(&pg->queue)) != NULL;)
        pg_queue_push(&pg->failed, job);
}

// libpq hands over the text alone.
static const char *advice(const char *why)
{
    if (strstr(why, "remaining connection slots") || strstr(why, "too many"))
        return "; see which sessions hold connections (pg_stat_activity), limit them (alter role NAME "
               "connection limit "
               "5), "
               "or raise max_connections";
    return "";
}

static void log_loss(struct pg *pg, const char *why)
{
    const bool connected = pg->state == PG_READY;
    const char *host = pg->conn ? PQhost(pg->conn) : NULL;
    const char *port = pg->conn ? PQport(pg->conn) : NULL;
    if (!connected && pg->refusal_logged)
        return;
    log_warn("%s, trying again: %.*s%s name=%s host=%s port=%s",
             connected ? "database connection lost" : "cannot connect to the database",
             (int)strcspn(why, "\n"), why, connected ? "" : advice(why),
             log_value(slice_from(pg->spec.name)).text, log_value(slice_from(host)).text,
             log_value(slice_from(port)).text);
    pg->loss_logged = true;
    pg->refusal_logged = !connected;
}

void pg_state_lose(struct pg *pg, enum pg_rc rc, const char *why)
{
    log_loss(pg, why);
    if (pg->state == PG_CONNECTING)
        pg->first_host++;
    pg_state_close(pg, rc);
    pg_state_change(pg, PG_IDLE);
    if (pg->failed.count)
        loop_timer_set(&pg->next_turn, 0);
}

void pg_state_send(struct pg *pg, const struct pg_statement *statement)
{
    if (pg->destroyed)
        return;
    pg_queue_push(pg->state == PG_READY ? &pg->queue : &pg->failed, pg_job_create(statement));
    if (!pg->busy && !loop_timer_running(&pg->next_turn))
        loop_timer_set(&pg->next_turn, 0);
}
