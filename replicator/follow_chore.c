// SPDX-License-Identifier: BSD-2-Clause
#include "base/clock.h"
#include "base/log.h"
#include "replicator/follow_internal.h"

#include <stdlib.h>

enum {
    PRUNE_MS = 600000,
    PRUNE_BATCH = 10000,
    WATCH_MS = 600000,    // between two words on the notification queue
    WATCH_SOON_MS = 5000, // until somebody may be seen to hold it
};

#define QUEUE_HIGH 0.02 // of 8 GB; from 0.5 on edits wake nobody

static void ask(struct follow *follow, const struct follow_question *question)
{
    follow_change_state(follow, FOLLOW_CHORE);
    follow_ask(follow, question);
}

static void on_pruned(struct follow *follow, const PGresult *result)
{
    long removed = strtol(PQgetvalue(result, 0, 0), NULL, 10);

    // A full batch: there is more.
    follow->prune_at = clock_mono_ms() + (removed >= PRUNE_BATCH ? 0 : PRUNE_MS);
    follow_change_state(follow, FOLLOW_IDLE);
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
    const char *table = schema_kinds[follow->blame].name;

    follow->blame = DIRECTORY_KINDS;
    if (PQntuples(result) > 0)
        log_warn("the table is locked by a session: end it, select pg_terminate_backend(%s); table=%s pid=%s "
                 "login=%s",
                 PQgetvalue(result, 0, 0), table, PQgetvalue(result, 0, 0), PQgetvalue(result, 0, 1));
    follow_change_state(follow, FOLLOW_IDLE);
}

static void blame(struct follow *follow)
{
    const char *table = schema_kinds[follow->blame].name;
    struct follow_question question = {
        .sql = statement_lock_holder, .count = 1, .values = &table, .on_answer = on_lock_holder};

    ask(follow, &question);
}

static void on_queue_holders(struct follow *follow, const PGresult *result)
{
    if (PQntuples(result) == 0)
        follow->watch_at = clock_mono_ms() + WATCH_SOON_MS;
    log_warn(
        "the notification queue fills: a session that listens does not end its transaction; at half of it "
        "edits wake nobody and are found by the poll usage=%.2f",
        follow->queue);
    for (int i = 0; i < PQntuples(result); i++)
        log_warn("a session that may hold it: end it, select pg_terminate_backend(%s); pid=%s login=%s "
                 "since=\"%s\"",
                 PQgetvalue(result, i, 0), PQgetvalue(result, i, 0), PQgetvalue(result, i, 1),
                 PQgetvalue(result, i, 2));
    follow_change_state(follow, FOLLOW_IDLE);
}

static void watch(struct follow *follow)
{
    static const struct follow_question question = {.sql = statement_queue_holders,
                                                    .on_answer = on_queue_holders};

    follow->watch_at = clock_mono_ms() + WATCH_MS;
    ask(follow, &question);
}

bool follow_chore(struct follow *follow)
{
    int64_t now = clock_mono_ms();

    if (follow->blame != DIRECTORY_KINDS)
        blame(follow);
    else if (follow->queue >= QUEUE_HIGH && now >= follow->watch_at)
        watch(follow);
    else if (now >= follow->prune_at)
        prune(follow);
    else
        return false;
    return true;
}
