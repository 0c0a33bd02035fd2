// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/follow_state.h"

#include "base/clock.h"
#include "base/log.h"
#include "replicator/replicator_conf.h"
#include "replicator/replicator_stats.h"
#include "replicator/server_state.h"

#include <stdlib.h>

enum {
    COALESCE_MS = 10, // notifications within are one round
    PAUSE_FIRST_MS = 1000,
    PAUSE_MAX_MS = 10000,
};

static void set_timer(struct follow *follow, int64_t ms)
{
    const int64_t pause = follow->not_before - clock_mono_ms();
    loop_timer_set(&follow->round_timer, ms > pause ? ms : pause);
}

// Until the next round of one kind, at most `ms`.
static int64_t wait_for_lagging(const struct follow *follow, int64_t ms)
{
    const int64_t wait = follow->only_at - clock_mono_ms();
    if (!replica_state_any_lagging(&follow->replica) || wait > ms)
        return ms;
    return wait > 0 ? wait : 0;
}

void follow_state_change(struct follow *follow, enum follow_state state)
{
    loop_timer_stop(&follow->round_timer);
    follow->state = state;
    if (state != FOLLOW_IDLE)
        return;
    const int64_t poll = server_state_poll_ms(follow->queue, replicator_conf.poll_interval * 1000);
    set_timer(follow, follow->woken ? COALESCE_MS : wait_for_lagging(follow, poll));
    follow->woken = false;
}

void follow_state_wake(struct follow *follow)
{
    if (follow->state == FOLLOW_IDLE && !follow->woken)
        set_timer(follow, COALESCE_MS);
    follow->woken = true;
}

bool follow_state_reads(const struct follow *follow, enum directory_kind kind)
{
    return follow->only == DIRECTORY_KINDS ? !follow->replica.lagging[kind] : follow->only == kind;
}

void follow_state_drop_round(struct follow *follow)
{
    if (follow->replica.writer)
        replica_writer_abort(follow->replica.writer);
    changed_keys_finish(&follow->keys);
    free(follow->snapshot);
    free(follow->epoch);
    free(follow->confirmed_at);
    free(follow->marks);
    free(follow->fresh_marks);
    follow->snapshot = follow->epoch = follow->confirmed_at = follow->marks = follow->fresh_marks = NULL;
    follow->reading = false;
}

void follow_state_drop_slices(struct follow *follow)
{
    free(follow->slices.since);
    follow->slices = (struct follow_slices){.kind = DIRECTORY_KINDS};
}

// ---- the end of a round ----

void follow_state_succeed(struct follow *follow)
{
    if (follow->problem.text[0])
        log_info("the replica is current again");
    follow->problem.text[0] = '\0';
    fault_clear(&replicator_stats.failed_round);
    follow->pause_ms = follow->not_before = 0;
    counter_set(&replicator_stats.failing, 0);
    follow->on_end(follow);
}

static void on_rolled_back(struct follow *follow, const PGresult *result)
{
    (void)result;
    follow->in_transaction = false;
    follow->on_end(follow);
}

void follow_state_give_up(struct follow *follow)
{
    static const struct follow_question rollback = {.sql = "rollback", .on_answer = on_rolled_back};
    follow_state_drop_round(follow);
    if (!follow->in_transaction) {
        follow_state_change(follow, FOLLOW_IDLE);
        return;
    }
    follow_state_change(follow, FOLLOW_ENDING);
    follow_state_ask(follow, &rollback);
}

static void report(struct follow *follow, const char *why)
{
    counter_set(&replicator_stats.failing, 1);
    problem_set(&follow->problem, "%s", why);
    fault_report(&replicator_stats.failed_round, why);
}

void follow_state_fail(struct follow *follow, const char *why, enum follow_pause pause)
{
    int64_t ms = PAUSE_FIRST_MS;
    report(follow, why);
    if (pause == FOLLOW_LATER) {
        ms = follow->pause_ms ? follow->pause_ms * 2 : PAUSE_FIRST_MS;
        follow->pause_ms = ms = ms > PAUSE_MAX_MS ? PAUSE_MAX_MS : ms;
    }
    if (pause != FOLLOW_POLL)
        follow->not_before = clock_mono_ms() + ms;
    follow_state_give_up(follow);
}

// ---- questions ----

static void connection_lost(struct follow *follow)
{
    follow_state_drop_round(follow);
    follow->in_transaction = false;
    follow_state_change(follow, FOLLOW_AWAY);
}

static bool has_no_schema(const char *state)
{
    return strcmp(state, "42P01") == 0 || strcmp(state, "3F000") == 0;
}

static void explain(const PGresult *result, const char *state, struct problem *why)
{
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (has_no_schema(state))
        problem_set(why, "the database has no schema of this release (%s): run emailgency-migrate",
                    message ? message : state);
    else
        problem_set(why, "the server refuses a statement: %s", message ? message : "without a reason");
}

static void on_error(struct follow *follow, const PGresult *result)
{
    const char *field = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *state = field ? field : "";
    const bool locked = strcmp(state, "55P03") == 0;
    // A restore is in progress, or sql/migrate has to run: both end without notice.
    const bool unready = has_no_schema(state);
    struct problem why;
    explain(result, state, &why);
    if (follow->state == FOLLOW_CHORE) {
        log_warn("work between two rounds was not done: %s", why.text);
        follow_state_change(follow, FOLLOW_IDLE);
        return;
    }
    // A transaction that could not begin, or that could not be ended, is not rolled back.
    if (follow->state == FOLLOW_ENDING)
        follow->in_transaction = false;
    if (locked && follow->reading)
        follow->on_locked(follow);
    else
        follow_state_fail(follow, why.text, locked || unready ? FOLLOW_SOON : FOLLOW_LATER);
}

static void on_result(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct follow *follow = arg;
    if (rc == PG_LOST || rc == PG_TIMEOUT)
        connection_lost(follow);
    else if (rc == PG_ERROR)
        on_error(follow, result);
    else if (PQresultStatus(result) == PGRES_SINGLE_TUPLE)
        follow->on_row(follow, result);
    else
        follow->on_answer(follow, result);
}

void follow_state_ask(struct follow *follow, const struct follow_question *question)
{
    const struct pg_statement statement = {
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
