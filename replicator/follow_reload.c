// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/follow_reload.h"

#include "base/clock.h"
#include "base/log.h"
#include "replicator/follow_write.h"
#include "replicator/replicator_conf.h"
#include "replicator/replicator_stats.h"
#include "replicator/server_state.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    REFUSED_MS = 60000,      // between two attempts of a refused reload
    REFUSED_PAUSE_MS = 2000, // the same while rows change
};

// The number of the newest change, which fresh_marks begin with (row_query_server_state).
static struct slice newest_change(const struct follow *follow)
{
    struct slice number, rest;
    (void)slice_split(slice_from(follow->fresh_marks), ' ', &number, &rest);
    return number;
}

// Domains first: whether a reload is refused is known before the millions of mailboxes are read.
static const enum directory_kind reload_order[DIRECTORY_KINDS] = {
    DIRECTORY_DOMAIN,  DIRECTORY_DOMAIN_ALIAS, DIRECTORY_SETTING, DIRECTORY_PLAN,    DIRECTORY_DNSBL,
    DIRECTORY_BEST_MX, DIRECTORY_WHITELIST,    DIRECTORY_ALIAS,   DIRECTORY_MAILBOX,
};

static void reload_next(struct follow *follow);

static bool reload_refused(struct follow *follow)
{
    if (follow->merge.kind != DIRECTORY_DOMAIN || follow->confirmed ||
        follow->merge.merged.deleted * 2 <= follow->domains_before)
        return false;
    follow->refused_until = clock_mono_ms() + REFUSED_MS;
    follow->refused_pause_until = clock_mono_ms() + REFUSED_PAUSE_MS;
    (void)slice_copy(newest_change(follow), follow->refused_change, sizeof follow->refused_change);
    snprintf(follow->refused_epoch, sizeof follow->refused_epoch, "%s", follow->epoch);
    counter_add(&replicator_stats.refused_reloads, 1);
    struct problem why;
    problem_set(&why,
                "a reload would drop %zu of %zu domains; if they are really gone, confirm it: select "
                "emailgency.confirm_reload();",
                follow->merge.merged.deleted, follow->domains_before);
    follow_state_fail(follow, why.text, FOLLOW_POLL);
    return true;
}

static void on_kind_reloaded(struct follow *follow, const PGresult *result)
{
    (void)result;
    follow->reading = false;
    row_merge_end(&follow->merge);
    follow_write_add_counts(follow);
    if (reload_refused(follow))
        return;
    follow->reload_step++;
    reload_next(follow);
}

static void reload_done(struct follow *follow)
{
    if (!follow_write_commit(follow, true))
        return;
    follow->unreported = true;
    follow->refused_until = 0;
    if (follow->only == DIRECTORY_KINDS)
        follow->reload_at = clock_mono_ms() + replicator_conf.reload_interval * 1000;
    counter_add(&replicator_stats.reloads, 1);
    log_info("all rows compared written=%zu deleted=%zu unchanged=%zu bad=%zu ms=%" PRId64,
             follow->total.written, follow->total.deleted, follow->total.kept, follow->bad,
             clock_mono_ms() - follow->started_ms);
    follow_write_end_round(follow);
}

static void reload_next(struct follow *follow)
{
    const struct follow_question question = {.sql = follow->sql,
                                             .timeout_ms = FOLLOW_ROWS_MS,
                                             .on_row = follow_write_row,
                                             .on_answer = on_kind_reloaded};
    while (follow->reload_step < DIRECTORY_KINDS &&
           !follow_state_reads(follow, reload_order[follow->reload_step]))
        follow->reload_step++;
    if (follow->reload_step == DIRECTORY_KINDS) {
        reload_done(follow);
        return;
    }
    row_query_rows(reload_order[follow->reload_step], ROW_QUERY_ALL, follow->sql);
    row_merge_begin(&follow->merge, follow->replica.writer, reload_order[follow->reload_step], NULL, 0);
    follow->reading = true;
    follow_state_ask(follow, &question);
}

static void reload_first(struct follow *follow)
{
    follow->reload_step = 0;
    follow->domains_before = replica_writer_count(follow->replica.writer, DIRECTORY_DOMAIN);
    reload_next(follow);
}

// Apply logged deletions first, so that they do not trip the guard against mass deletion.
static void on_deleted(struct follow *follow, const PGresult *result)
{
    for (int i = 0; i < PQntuples(result); i++) {
        const struct slice key = slice_make(PQgetvalue(result, i, 0), (size_t)PQgetlength(result, i, 0));
        replica_writer_merge_begin(follow->replica.writer, DIRECTORY_DOMAIN, &key);
        follow->total.deleted += replica_writer_merge_end(follow->replica.writer).deleted;
    }
    reload_first(follow);
}

static void ask_deleted(struct follow *follow)
{
    const char *position = follow->replica.position;
    const struct follow_question question = {.sql = row_query_deleted_domains,
                                             .count = 1,
                                             .values = &position,
                                             .timeout_ms = FOLLOW_ROWS_MS,
                                             .on_answer = on_deleted};
    follow_state_ask(follow, &question);
}

// The positions of lagging kinds no longer say which changes they missed.
static void forget_positions(struct follow *follow)
{
    follow_state_drop_slices(follow);
    for (enum directory_kind kind = 0; kind < DIRECTORY_KINDS; kind++)
        if (follow->replica.lagging[kind])
            replica_state_set_lagging(&follow->replica, kind, "");
}

// Returns whether it would be refused again.
static bool is_still_refused(const struct follow *follow)
{
    const int64_t now = clock_mono_ms();
    const bool has_changed = !slice_equal(newest_change(follow), slice_from(follow->refused_change));
    return now < (has_changed ? follow->refused_pause_until : follow->refused_until) && !follow->confirmed &&
           strcmp(follow->refused_epoch, follow->epoch) == 0;
}

void follow_reload_start(struct follow *follow, const char *why)
{
    if (is_still_refused(follow)) {
        const struct problem again = follow->problem;
        follow_state_fail(follow, again.text, FOLLOW_POLL);
        return;
    }
    follow_state_change(follow, FOLLOW_RELOADING);
    if (!follow_write_begin(follow))
        return;
    log_info("comparing all rows reason=%s", log_value(slice_from(why)).text);
    if (follow->only == DIRECTORY_KINDS)
        forget_positions(follow);
    if (server_state_has_crashed(slice_from(follow->replica.epoch), slice_from(follow->epoch)))
        ask_deleted(follow);
    else
        reload_first(follow);
}
