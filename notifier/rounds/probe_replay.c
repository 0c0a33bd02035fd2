// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/rounds/probe_replay.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "notifier/rounds/probe_claim.h"
#include "pg/array_literal.h"
#include "pg/pg_refusal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    IN_FLIGHT_MAX = 20,
    LOCKED_MS = 5000, // until servers are tried again whose rows are locked
    REFUSED_MS = 60000,
};

struct replay_item {
    struct probe_replay *replay;
    unsigned changes; // that were sent
    int64_t last_at;  // of the history that was sent
    char domain[];
};

struct probe_replay {
    struct pg *pg;
    struct probe_away *away;
    struct probe_watched *next; // of this pass
    bool is_running;
    unsigned in_flight, recorded;
    int64_t again_ms;
    struct array_literal states, times, replies;
};

static struct fault refused = {.name = "probe-replay-refused",
                               .text = "the database refuses what was found while it was away",
                               .advice = "run emailgency-migrate, or check the rights of the role",
                               .interval_ms = 60000};

// Later findings are sent in the next pass.
static void settle(struct probe_replay *replay, const struct replay_item *item)
{
    struct probe_memory *memory = &replay->away->memory;
    struct probe_watched *watched = probe_memory_find(memory, item->domain);
    replay->recorded++;
    if (!watched)
        return;
    const struct judge_history *history = &watched->history;
    probe_memory_drop_changes(watched,
                              item->changes < watched->change_count ? item->changes : watched->change_count);
    if (watched->change_count == 0 && history->count > 0 &&
        history->probes[history->count - 1].at == item->last_at)
        probe_memory_set_unrecorded(memory, watched, false);
}

static void end_pass(struct probe_replay *replay)
{
    replay->is_running = false;
    if (replay->recorded > 0)
        log_info("what was found without the database is recorded: domains=%u", replay->recorded);
    replay->recorded = 0;
    if (replay->away->memory.unrecorded == 0)
        spool_file_clear(replay->away->spool);
    spool_file_sync(replay->away->spool);
    replay->again_ms = clock_mono_ms() + LOCKED_MS;
}

void probe_replay_stop(struct probe_replay *replay)
{
    replay->next = NULL;
    replay->is_running = false;
    replay->recorded = 0;
}

static void send_more(struct probe_replay *replay);

static void on_replayed(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct replay_item *item = arg;
    struct probe_replay *replay = item->replay;
    replay->in_flight--;
    if (rc == PG_OK && PQntuples(result) == 1 && PQgetvalue(result, 0, 0)[0] == 't')
        settle(replay, item);
    free(item);
    pg_refusal_report(&refused, rc, result);
    if (rc != PG_OK) {
        probe_replay_stop(replay);
        replay->again_ms = clock_mono_ms() + (rc == PG_ERROR ? REFUSED_MS : 0);
    } else if (replay->is_running) {
        send_more(replay);
    }
}

static void add_changes(struct probe_replay *replay, const struct probe_watched *watched)
{
    array_literal_begin(&replay->states);
    array_literal_begin(&replay->times);
    array_literal_begin(&replay->replies);
    for (unsigned i = 0; i < watched->change_count; i++) {
        char at[24];
        snprintf(at, sizeof at, "%lld", (long long)watched->changes[i].at);
        array_literal_add(&replay->states, slice_from(judge_state_name(watched->changes[i].state)));
        array_literal_add(&replay->times, slice_from(at));
        array_literal_add(&replay->replies, slice_from(watched->changes[i].reply));
    }
}

static void send_one(struct probe_replay *replay, const struct probe_watched *watched)
{
    const size_t len = strlen(watched->target.domain) + 1;
    const struct judge_history *history = &watched->history;
    struct replay_item *item = calloc(1, sizeof *item + len);
    char results[PROBE_RESULTS_MAX], checks[PROBE_CHECKS_MAX];
    if (!item)
        return;
    *item = (struct replay_item){.replay = replay,
                                 .changes = watched->change_count,
                                 .last_at = history->probes[history->count - 1].at};
    memcpy(item->domain, watched->target.domain, len);
    add_changes(replay, watched);
    probe_claim_format(history, results, checks);
    const char *values[] = {item->domain,
                            array_literal_end(&replay->states),
                            array_literal_end(&replay->times),
                            array_literal_end(&replay->replies),
                            results,
                            checks};
    replay->in_flight++;
    pg_send(replay->pg,
            &(struct pg_statement){.name = "replay_probe",
                                   .sql = "select emailgency.replay_probe($1, $2::text[], $3::bigint[], "
                                          "$4::text[], $5, $6::bigint[])",
                                   .count = 6,
                                   .values = values,
                                   .on_result = on_replayed,
                                   .arg = item});
}

static void send_more(struct probe_replay *replay)
{
    for (; replay->next && replay->in_flight < IN_FLIGHT_MAX; replay->next = replay->next->hh.next)
        if (replay->next->unrecorded && replay->next->history.count > 0)
            send_one(replay, replay->next);
    if (!replay->next && replay->in_flight == 0)
        end_pass(replay);
}

bool probe_replay_turn(struct probe_replay *replay)
{
    if (replay->is_running)
        return true;
    if (replay->away->memory.unrecorded == 0 || replay->in_flight > 0 || clock_mono_ms() < replay->again_ms)
        return replay->in_flight > 0;
    replay->is_running = true;
    replay->next = replay->away->memory.all;
    send_more(replay);
    return replay->is_running;
}

struct probe_replay *probe_replay_create(struct pg *pg, struct probe_away *away)
{
    struct probe_replay *replay = calloc(1, sizeof *replay);
    if (!replay)
        return NULL;
    replay->pg = pg;
    replay->away = away;
    fault_register(&refused, 1, "emailgency_notifier_errors_total");
    return replay;
}

void probe_replay_destroy(struct probe_replay *replay)
{
    if (!replay)
        return;
    array_literal_finish(&replay->states);
    array_literal_finish(&replay->times);
    array_literal_finish(&replay->replies);
    free(replay);
}
