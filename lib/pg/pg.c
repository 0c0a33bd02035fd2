// SPDX-License-Identifier: BSD-2-Clause
#include "pg/pg.h"

#include "base/memory.h"
#include "pg/pg_connect.h"
#include "pg/pg_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_io(evutil_socket_t fd, short what, void *arg)
{
    struct pg *pg = arg;
    (void)fd;
    pg_state_enter(pg);
    if (pg->state == PG_CONNECTING)
        pg_connect_step(pg);
    else
        pg_run_io(pg, what);
    pg_state_leave(pg);
}

static void on_deadline(void *arg)
{
    struct pg *pg = arg;
    pg_state_lose(pg, PG_TIMEOUT,
                  pg->state == PG_CONNECTING ? "connecting takes too long" : "no answer within the deadline");
}

static void on_pause_end(void *arg)
{
    pg_connect_start(arg);
}

// Only those that are there now: what callbacks send meanwhile has its turn in the next round.
static void call_failed(struct pg *pg)
{
    for (unsigned left = pg->failed.count; left; left--) {
        struct pg_job *job = pg_queue_pop(&pg->failed);
        if (!job)
            return;
        job->statement.on_result(job->rc, NULL, job->statement.arg);
        free(job);
    }
}

static void on_next_turn(void *arg)
{
    struct pg *pg = arg;
    pg_state_enter(pg);
    call_failed(pg);
    if (!pg->destroyed)
        pg_run_next(pg);
    pg_state_leave(pg);
}

struct pg *pg_create(struct event_base *base, const struct pg_spec *spec)
{
    struct pg *pg = memory_or_exit(calloc(1, sizeof *pg));
    pg->base = base;
    pg->spec = *spec;
    pg->on_io = on_io;
    loop_timer_init(&pg->deadline_timer, base, on_deadline, pg);
    loop_timer_init(&pg->pause_timer, base, on_pause_end, pg);
    loop_timer_init(&pg->next_turn, base, on_next_turn, pg);
    loop_timer_set(&pg->pause_timer, 0);
    return pg;
}

void pg_destroy(struct pg *pg)
{
    if (!pg || pg->destroyed)
        return;
    pg_state_enter(pg);
    pg->destroyed = true;
    pg->state = PG_IDLE;
    pg_state_close(pg, PG_LOST);
    loop_timer_finish(&pg->deadline_timer);
    loop_timer_finish(&pg->pause_timer);
    loop_timer_finish(&pg->next_turn);
    call_failed(pg);
    pg_state_leave(pg);
}

bool pg_ready(const struct pg *pg)
{
    return pg->state == PG_READY;
}

unsigned pg_waiting(const struct pg *pg)
{
    return pg->queue.count + pg->failed.count + (pg->in_flight ? 1 : 0) - (pg->limiting ? 1 : 0);
}

void pg_send(struct pg *pg, const struct pg_statement *statement)
{
    pg_state_send(pg, statement);
}

void pg_call(struct pg *pg, const char *name, const char *sql, const char *const *values, int count,
             void (*on_result)(enum pg_rc rc, const PGresult *result, void *arg), void *arg)
{
    pg_send(
        pg,
        &(struct pg_statement){
            .name = name, .sql = sql, .count = count, .values = values, .on_result = on_result, .arg = arg});
}

void pg_reset(struct pg *pg, const char *why)
{
    if (pg->conn)
        pg_state_lose(pg, PG_LOST, why);
}

bool pg_check_conninfo(const char *conninfo, struct problem *problem)
{
    char *why = NULL;
    PQconninfoOption *options = PQconninfoParse(conninfo, &why);
    const bool good = options != NULL;
    if (!good) // also the first word of a text that should have been in quotes
        problem_set(problem,
                    "%.*s; write a libpq connection string in double quotes, such as "
                    "\"host=192.0.2.5 dbname=emailgency\"",
                    why ? (int)strcspn(why, "\n") : 0, why ? why : "");
    PQconninfoFree(options);
    PQfreemem(why);
    return good;
}

bool pg_check_database(const char *conninfo, struct problem *problem)
{
    if (!*conninfo)
        return problem_set(problem, "write a libpq connection string in double quotes, such as "
                                    "\"host=192.0.2.5 dbname=emailgency\"");
    return pg_check_conninfo(conninfo, problem);
}
