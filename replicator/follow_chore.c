// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/follow_chore.h"

#include "base/clock.h"
#include "base/log.h"
#include "replicator/replicator_conf.h"

#include <stdlib.h>

enum {
    REPORT_MS = 10000, // of a position that does not move, so that the node is known to follow
    PRUNE_MS = 600000,
    PRUNE_BATCH = 10000,
    WARN_MS = 600000,    // between two warnings about the notification queue
    WARN_SOON_MS = 5000, // until a session that holds it can show
};

#define QUEUE_HIGH 0.02 // of 8 GB; from 0.5 on edits send no notification

static void ask(struct follow *follow, const struct follow_question *question)
{
    follow_state_change(follow, FOLLOW_CHORE);
    follow_state_ask(follow, question);
}

static void on_reported(struct follow *follow, const PGresult *result)
{
    (void)result;
    follow_state_change(follow, FOLLOW_IDLE);
}

static void report_position(struct follow *follow)
{
    const char *const values[] = {daemon_node_name(replicator_conf.node), follow->replica.position,
                                  follow->replica.epoch};
    const struct follow_question question = {.name = "report_position",
                                             .sql =
                                                 "select emailgency.report_position($1, $2::pg_snapshot, $3)",
                                             .count = 3,
                                             .values = values,
                                             .on_answer = on_reported};
    // Also where it fails: the next report has the position of then.
    follow->unreported = false;
    follow->report_at = clock_mono_ms() + REPORT_MS;
    ask(follow, &question);
}

// A kind that lags is not at the position.
static bool position_is_due(const struct follow *follow, int64_t now)
{
    return (follow->unreported || now >= follow->report_at) && follow->replica.position[0] &&
           !replica_state_any_lagging(&follow->replica);
}

static void on_pruned(struct follow *follow, const PGresult *result)
{
    const long removed = strtol(PQgetvalue(result, 0, 0), NULL, 10);
    // A full batch: there is more.
    follow->prune_at = clock_mono_ms() + (removed >= PRUNE_BATCH ? 0 : PRUNE_MS);
    follow_state_change(follow, FOLLOW_IDLE);
}

static void prune(struct follow *follow)
{
    static const struct follow_question question = {
        .sql = "select emailgency.prune_directory_change()", .timeout_ms = 60000, .on_answer = on_pruned};
    // Also where it fails: it is tried again with the next one.
    follow->prune_at = clock_mono_ms() + PRUNE_MS;
    ask(follow, &question);
}

static void on_lock_holder(struct follow *follow, const PGresult *result)
{
    const char *table = schema_kinds[follow->locked_kind].name;
    follow->locked_kind = DIRECTORY_KINDS;
    if (PQntuples(result) > 0)
        log_warn("the table is locked by a session: end it, select pg_terminate_backend(%s); table=%s pid=%s "
                 "login=%s",
                 PQgetvalue(result, 0, 0), table, PQgetvalue(result, 0, 0),
                 log_value(slice_from(PQgetvalue(result, 0, 1))).text);
    follow_state_change(follow, FOLLOW_IDLE);
}

static void name_lock_holder(struct follow *follow)
{
    const char *table = schema_kinds[follow->locked_kind].name;
    const struct follow_question question = {
        .sql = row_query_lock_holder, .count = 1, .values = &table, .on_answer = on_lock_holder};
    ask(follow, &question);
}

static void on_queue_holders(struct follow *follow, const PGresult *result)
{
    if (PQntuples(result) == 0)
        follow->queue_warning_at = clock_mono_ms() + WARN_SOON_MS;
    log_warn(
        "the notification queue fills: a session that listens does not end its transaction; at half of it "
        "edits send no notification and are found by polling usage=%.2f",
        follow->queue);
    for (int i = 0; i < PQntuples(result); i++)
        log_warn("a session that may hold it: end it, select pg_terminate_backend(%s); pid=%s login=%s "
                 "since=%s",
                 PQgetvalue(result, i, 0), PQgetvalue(result, i, 0),
                 log_value(slice_from(PQgetvalue(result, i, 1))).text,
                 log_value(slice_from(PQgetvalue(result, i, 2))).text);
    follow_state_change(follow, FOLLOW_IDLE);
}

static void warn_about_queue(struct follow *follow)
{
    static const struct follow_question question = {.sql = row_query_queue_holders,
                                                    .on_answer = on_queue_holders};
    follow->queue_warning_at = clock_mono_ms() + WARN_MS;
    ask(follow, &question);
}

bool follow_chore_start(struct follow *follow)
{
    const int64_t now = clock_mono_ms();
    if (position_is_due(follow, now))
        report_position(follow);
    else if (follow->locked_kind != DIRECTORY_KINDS)
        name_lock_holder(follow);
    else if (follow->queue >= QUEUE_HIGH && now >= follow->queue_warning_at)
        warn_about_queue(follow);
    else if (now >= follow->prune_at)
        prune(follow);
    else
        return false;
    return true;
}
