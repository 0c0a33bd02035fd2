// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/follow.h"

#include "base/clock.h"
#include "base/log.h"
#include "replicator/follow_chore.h"
#include "replicator/follow_lagging.h"
#include "replicator/follow_round.h"
#include "replicator/replicator_conf.h"
#include "replicator/replicator_stats.h"

enum {
    ANSWER_MS = 15000,
    PRUNE_FIRST_MS = 60000,
    LOCK_MS = 300,                           // a table that is locked for longer is passed over
    STATEMENT_MS = FOLLOW_ROWS_MS * 11 / 10, // longer than any deadline here
};

static struct follow process;

static void on_end(struct follow *follow)
{
    if (!follow_chore_start(follow))
        follow_state_change(follow, FOLLOW_IDLE);
}

static void on_listening(struct follow *follow, const PGresult *result)
{
    (void)result;
    follow_round_start(follow);
}

static void on_session_set(struct follow *follow, const PGresult *result)
{
    static const struct follow_question listen = {.sql = "listen emailgency_directory",
                                                  .on_answer = on_listening};
    (void)result;
    follow_state_ask(follow, &listen);
}

static void on_ready(struct pg *pg, void *arg)
{
    // JIT compilation takes longer than any of these statements runs. A plan made while the change log was
    // short would read all of a long one.
    static const struct follow_question session = {
        .sql = "set jit = off; set plan_cache_mode = force_custom_plan", .on_answer = on_session_set};
    struct follow *follow = arg;
    (void)pg;
    // Earlier failures do not apply to a new connection.
    follow->pause_ms = follow->not_before = 0;
    follow_state_change(follow, FOLLOW_LISTENING);
    follow_state_ask(follow, &session);
}

static void on_notify(struct pg *pg, const char *channel, void *arg)
{
    (void)pg;
    (void)channel;
    follow_state_wake(arg);
}

static void on_timer(void *arg)
{
    struct follow *follow = arg;
    follow->woken = false;
    follow_round_start(follow);
}

static void on_reader_check(void *arg)
{
    struct follow *follow = arg;
    const int dead = follow->replica.writer ? replica_writer_check_readers(follow->replica.writer) : 0;
    if (dead > 0)
        log_info("freed the places of dead readers count=%d", dead);
    counter_add(&replicator_stats.dead_readers, dead);
    loop_timer_set(&follow->reader_timer, replicator_conf.reader_check_interval * 1000);
}

bool follow_prepare(struct event_base *base, struct problem *problem)
{
    (void)base;
    (void)problem;
    replicator_stats_register();
    return true;
}

bool follow_start(struct event_base *base, struct problem *problem)
{
    const struct pg_spec spec = {
        .conninfo = replicator_conf.database.conninfo,
        .password = replicator_conf.database.password.value,
        .name = "emailgency-replicator",
        .timeout_ms = ANSWER_MS,
        .lock_timeout_ms = LOCK_MS,
        .statement_timeout_ms = STATEMENT_MS,
        .on_ready = on_ready,
        .on_notify = on_notify,
        .arg = &process,
    };
    process.on_end = on_end;
    process.on_locked = follow_lagging_on_locked;
    loop_timer_init(&process.round_timer, base, on_timer, &process);
    loop_timer_init(&process.reader_timer, base, on_reader_check, &process);
    replica_state_init(&process.replica, replicator_conf.directory, (size_t)replicator_conf.map_size);
    const enum replica_writer_rc rc = replica_state_open(&process.replica);
    // A full disk may have room again later; everything else needs an administrator.
    if (rc == REPLICA_WRITER_BUSY || rc == REPLICA_WRITER_FAILED)
        return problem_set(problem, "%s", process.replica.problem.text);
    process.only = process.locked_kind = process.slices.kind = DIRECTORY_KINDS;
    process.prune_at = clock_mono_ms() + PRUNE_FIRST_MS;
    process.reload_at = clock_mono_ms() + replicator_conf.reload_interval * 1000;
    loop_timer_set(&process.reader_timer, replicator_conf.reader_check_interval * 1000);
    process.pg = pg_create(base, &spec);
    return true;
}

void follow_refresh(void)
{
    size_t lagging = 0;
    for (size_t kind = 0; kind < DIRECTORY_KINDS; kind++)
        lagging += process.replica.lagging[kind] != NULL;
    counter_set(&replicator_stats.kinds_lagging, (double)lagging);
    counter_set(&replicator_stats.queue, process.queue);
    counter_set(&replicator_stats.connected, process.pg && pg_ready(process.pg));
    counter_set(&replicator_stats.lag, process.proved_at ? (double)(clock_wall() - process.proved_at) : -1);
}

void follow_finish(void)
{
    pg_destroy(process.pg);
    process.pg = NULL;
    if (!process.replica.path)
        return;
    follow_state_drop_round(&process);
    follow_state_drop_slices(&process);
    array_literal_finish(&process.array);
    loop_timer_finish(&process.round_timer);
    loop_timer_finish(&process.reader_timer);
    replica_state_finish(&process.replica);
}
