// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/follow.h"

#include "base/clock.h"
#include "base/log.h"
#include "replicator/follow_internal.h"
#include "replicator/replicator_conf.h"
#include "replicator/replicator_stats.h"

#include <stdio.h>

enum {
    COALESCE_MS = 10, // what comes within is one round
    ANSWER_MS = 15000,
    PAUSE_FIRST_MS = 1000,
    PAUSE_MAX_MS = 10000,
    PRUNE_FIRST_MS = 60000,
    LOCK_MS = 300,         // a table that is locked for longer is passed over
    ROW_QUERY_MS = 660000, // longer than any deadline of ours
};

static struct follow process;

static void set_timer(struct follow *follow, int64_t ms)
{
    int64_t pause = follow->not_before - clock_mono_ms();

    loop_timer_set(&follow->timer, ms > pause ? ms : pause);
}

void follow_change_state(struct follow *follow, enum follow_state state)
{
    loop_timer_stop(&follow->timer);
    follow->state = state;
    if (state != FOLLOW_IDLE)
        return;
    const int64_t poll = server_state_poll_ms(follow->queue, replicator_conf.poll_interval * 1000);
    set_timer(follow, follow->woken ? COALESCE_MS : follow_alone_wait(follow, poll));
    follow->woken = false;
}

static void connection_lost(struct follow *follow)
{
    follow_round_drop(follow);
    follow->in_transaction = false;
    follow_change_state(follow, FOLLOW_AWAY);
}

static void report(struct follow *follow, const char *why)
{
    counter_set(&stats.failing, 1);
    snprintf(follow->problem, sizeof(follow->problem), "%s", why);
    fault_report(&stats.failed_round, why);
}

static void go_on(struct follow *follow)
{
    if (!follow_chore(follow))
        follow_change_state(follow, FOLLOW_IDLE);
}

static void on_rolled_back(struct follow *follow, const PGresult *result)
{
    (void)result;
    follow->in_transaction = false;
    go_on(follow);
}

void follow_give_up(struct follow *follow)
{
    static const struct follow_question rollback = {.sql = "rollback", .on_answer = on_rolled_back};

    follow_round_drop(follow);
    if (!follow->in_transaction) {
        follow_change_state(follow, FOLLOW_IDLE);
        return;
    }
    follow_change_state(follow, FOLLOW_ENDING);
    follow_ask(follow, &rollback);
}

void follow_fail(struct follow *follow, const char *why, enum follow_pause pause)
{
    int64_t ms = PAUSE_FIRST_MS;

    report(follow, why);
    if (pause == FOLLOW_LATER) {
        ms = follow->pause_ms ? follow->pause_ms * 2 : PAUSE_FIRST_MS;
        follow->pause_ms = ms = ms > PAUSE_MAX_MS ? PAUSE_MAX_MS : ms;
    }
    if (pause != FOLLOW_POLL)
        follow->not_before = clock_mono_ms() + ms;
    follow_give_up(follow);
}

static void explain(const PGresult *result, const char *state, char *why, size_t size)
{
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    if (strcmp(state, "42P01") == 0 || strcmp(state, "3F000") == 0)
        snprintf(why, size, "the database has no schema of this release (%s): run sql/migrate",
                 message ? message : state);
    else
        snprintf(why, size, "the server refuses a statement: %s", message ? message : "without a reason");
}

static void fail_with(struct follow *follow, const PGresult *result)
{
    const char *field = PQresultErrorField(result, PG_DIAG_SQLSTATE), *state = field ? field : "";
    bool locked = strcmp(state, "55P03") == 0;
    char why[400];

    explain(result, state, why, sizeof(why));
    if (follow->state == FOLLOW_CHORE) {
        log_warn("work between two rounds was not done: %s", why);
        follow_change_state(follow, FOLLOW_IDLE);
        return;
    }
    // A transaction that could not begin, or that could not be ended, is none to roll back.
    if (follow->state == FOLLOW_ENDING)
        follow->in_transaction = false;
    if (locked && follow->reading)
        follow_locked(follow);
    else
        follow_fail(follow, why, locked ? FOLLOW_SOON : FOLLOW_LATER);
}

static void on_result(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct follow *follow = arg;

    if (rc == PG_LOST || rc == PG_TIMEOUT)
        connection_lost(follow);
    else if (rc == PG_ERROR)
        fail_with(follow, result);
    else if (PQresultStatus(result) == PGRES_SINGLE_TUPLE)
        follow->on_row(follow, result);
    else
        follow->on_answer(follow, result);
}

void follow_ask(struct follow *follow, const struct follow_question *question)
{
    struct pg_statement statement = {
        .name = question->name,
        .sql = question->sql,
        .count = question->count,
        .values = question->values,
        .by_row = question->on_row != NULL,
        .timeout_ms = question->timeout_ms,
        .on_result = on_result,
        .arg = follow,
    };

    follow->on_row = question->on_row;
    follow->on_answer = question->on_answer;
    pg_send(follow->pg, &statement);
}

void follow_round_done(struct follow *follow)
{
    if (follow->problem[0])
        log_info("the replica is current again");
    follow->problem[0] = '\0';
    fault_clear(&stats.failed_round);
    follow->pause_ms = follow->not_before = 0;
    counter_set(&stats.failing, 0);
    go_on(follow);
}

static void on_listening(struct follow *follow, const PGresult *result)
{
    (void)result;
    follow_round(follow);
}

static void on_session_set(struct follow *follow, const PGresult *result)
{
    static const struct follow_question listen = {.sql = "listen emailgency_directory",
                                                  .on_answer = on_listening};

    (void)result;
    follow_ask(follow, &listen);
}

static void on_ready(struct pg *pg, void *arg)
{
    // Compiling a statement takes longer than any of ours runs. A plan that was kept from when the change log
    // was short reads all of a long one.
    static const struct follow_question session = {
        .sql = "set jit = off; set plan_cache_mode = force_custom_plan", .on_answer = on_session_set};
    struct follow *follow = arg;

    (void)pg;
    // What failed before says nothing of this connection.
    follow->pause_ms = follow->not_before = 0;
    follow_change_state(follow, FOLLOW_LISTENING);
    follow_ask(follow, &session);
}

static void on_notify(struct pg *pg, const char *channel, void *arg)
{
    struct follow *follow = arg;

    (void)pg;
    (void)channel;
    if (follow->state != FOLLOW_IDLE)
        follow->woken = true;
    else if (!follow->woken)
        set_timer(follow, COALESCE_MS);
    follow->woken = true;
}

static void on_timer(void *arg)
{
    struct follow *follow = arg;

    follow->woken = false;
    follow_round(follow);
}

static void on_reader_check(void *arg)
{
    struct follow *follow = arg;
    int dead = follow->store.writer ? writer_check_readers(follow->store.writer) : 0;

    if (dead > 0)
        log_info("freed the places of dead readers count=%d", dead);
    counter_add(&stats.dead_readers, dead);
    loop_timer_set(&follow->readers, replicator_conf.reader_check_interval * 1000);
}

const char *follow_prepare(struct event_base *base)
{
    (void)base;
    replicator_stats_register();
    return NULL;
}

const char *follow_start(struct event_base *base)
{
    struct pg_spec spec = {
        .conninfo = replicator_conf.database.conninfo,
        .password = replicator_conf.database.password.value,
        .name = "emailgency-replicator",
        .timeout_ms = ANSWER_MS,
        .lock_timeout_ms = LOCK_MS,
        .statement_timeout_ms = ROW_QUERY_MS,
        .on_ready = on_ready,
        .on_notify = on_notify,
        .arg = &process,
    };
    enum writer_rc rc;

    loop_timer_init(&process.timer, base, on_timer, &process);
    loop_timer_init(&process.readers, base, on_reader_check, &process);
    replica_state_init(&process.store, replicator_conf.directory, (size_t)replicator_conf.map_size);
    rc = replica_state_open(&process.store);
    // A full disk may have room again later; all else needs somebody.
    if (rc == WRITER_BUSY || rc == WRITER_FAILED)
        return process.store.problem;
    process.alone = process.blame = process.slices.kind = DIRECTORY_KINDS;
    process.prune_at = clock_mono_ms() + PRUNE_FIRST_MS;
    process.reload_at = clock_mono_ms() + replicator_conf.reload_interval * 1000;
    loop_timer_set(&process.readers, replicator_conf.reader_check_interval * 1000);
    process.pg = pg_create(base, &spec);
    return process.pg ? NULL : "out of memory";
}

void follow_refresh(void *arg)
{
    size_t behind = 0;

    (void)arg;
    for (size_t kind = 0; kind < DIRECTORY_KINDS; kind++)
        behind += process.store.behind[kind] != NULL;
    counter_set(&stats.kinds_behind, (double)behind);
    counter_set(&stats.queue, process.queue);
    counter_set(&stats.connected, process.pg && pg_ready(process.pg));
    counter_set(&stats.lag, process.proved_at ? (double)(clock_wall() - process.proved_at) : -1);
}

void follow_finish(void)
{
    pg_destroy(process.pg);
    process.pg = NULL;
    if (!process.store.path)
        return;
    follow_round_drop(&process);
    follow_alone_reset(&process);
    array_literal_finish(&process.array);
    loop_timer_finish(&process.timer);
    loop_timer_finish(&process.readers);
    replica_state_finish(&process.store);
}
