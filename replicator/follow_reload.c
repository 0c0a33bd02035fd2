// SPDX-License-Identifier: BSD-2-Clause
// The comparison of all rows: of all kinds but those that stand behind, or of the domains alone.
#include "base/clock.h"
#include "base/log.h"
#include "replicator/follow_internal.h"
#include "replicator/replicator_conf.h"
#include "replicator/replicator_stats.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    ROWS_MS = 600000,   // the answer to one statement that reads rows
    REFUSED_MS = 60000, // between two readings of a reload that was refused
};

// Domains first: whether a reload is refused is known before the millions of mailboxes are read.
static const enum directory_kind reload_order[DIRECTORY_KINDS] = {
    DIRECTORY_DOMAIN,  DIRECTORY_DOMAIN_ALIAS, DIRECTORY_SETTING, DIRECTORY_PLAN,    DIRECTORY_DNSBL,
    DIRECTORY_BEST_MX, DIRECTORY_WHITELIST,    DIRECTORY_ALIAS,   DIRECTORY_MAILBOX,
};

static void reload_next(struct follow *follow);

static bool reload_refused(struct follow *follow)
{
    char why[256];

    if (follow->feed.kind != DIRECTORY_DOMAIN || follow->confirmed ||
        follow->feed.merged.deleted * 2 <= follow->domains_before)
        return false;
    follow->refused_until = clock_mono_ms() + REFUSED_MS;
    snprintf(follow->refused_epoch, sizeof(follow->refused_epoch), "%s", follow->epoch);
    counter_add(&stats.refused_reloads, 1);
    snprintf(why, sizeof(why),
             "a reload would drop %zu of %zu domains; if they are really gone, confirm it: select "
             "emailgency.confirm_reload();",
             follow->feed.merged.deleted, follow->domains_before);
    follow_fail(follow, why, FOLLOW_POLL);
    return true;
}

static void on_kind_reloaded(struct follow *follow, const PGresult *result)
{
    (void)result;
    follow->reading = false;
    row_merge_end(&follow->feed);
    follow_take_total(follow);
    if (reload_refused(follow))
        return;
    follow->reload_step++;
    reload_next(follow);
}

static void reload_done(struct follow *follow)
{
    if (!follow_save(follow, true))
        return;
    follow->refused_until = 0;
    if (follow->alone == DIRECTORY_KINDS)
        follow->reload_at = clock_mono_ms() + replicator_conf.reload_interval * 1000;
    counter_add(&stats.reloads, 1);
    log_info("all rows compared written=%zu deleted=%zu unchanged=%zu bad=%zu ms=%" PRId64,
             follow->total.written, follow->total.deleted, follow->total.kept, follow->bad,
             clock_mono_ms() - follow->started_ms);
    follow_end(follow);
}

static bool is_read(const struct follow *follow, enum directory_kind kind)
{
    return follow->alone == DIRECTORY_KINDS ? !follow->store.behind[kind] : follow->alone == kind;
}

static void reload_next(struct follow *follow)
{
    struct follow_question question = {
        .sql = follow->sql, .timeout_ms = ROWS_MS, .on_row = follow_row, .on_answer = on_kind_reloaded};

    while (follow->reload_step < DIRECTORY_KINDS && !is_read(follow, reload_order[follow->reload_step]))
        follow->reload_step++;
    if (follow->reload_step == DIRECTORY_KINDS) {
        reload_done(follow);
        return;
    }
    row_query_rows(reload_order[follow->reload_step], ROW_QUERY_ALL, follow->sql);
    row_merge_begin(&follow->feed, follow->store.writer, reload_order[follow->reload_step], NULL, 0);
    follow->reading = true;
    follow_ask(follow, &question);
}

static void reload_first(struct follow *follow)
{
    follow->reload_step = 0;
    follow->domains_before = writer_count(follow->store.writer, DIRECTORY_DOMAIN);
    reload_next(follow);
}

// What people deleted while nobody followed is no sign of lost rows: it goes before they are counted.
static void on_gone(struct follow *follow, const PGresult *result)
{
    for (int i = 0; i < PQntuples(result); i++) {
        const struct slice key = slice_make(PQgetvalue(result, i, 0), (size_t)PQgetlength(result, i, 0));

        writer_merge_begin(follow->store.writer, DIRECTORY_DOMAIN, &key);
        follow->total.deleted += writer_merge_end(follow->store.writer).deleted;
    }
    reload_first(follow);
}

static void ask_gone(struct follow *follow)
{
    const char *position = follow->store.position;
    struct follow_question question = {
        .sql = statement_gone, .count = 1, .values = &position, .timeout_ms = ROWS_MS, .on_answer = on_gone};

    follow_ask(follow, &question);
}

// What a kind missed cannot be told any more by where it stands.
static void forget_positions(struct follow *follow)
{
    follow_alone_reset(follow);
    for (enum directory_kind kind = 0; kind < DIRECTORY_KINDS; kind++) {
        if (follow->store.behind[kind])
            replica_state_leave_behind(&follow->store, kind, "");
    }
}

void follow_reload(struct follow *follow, const char *why)
{
    if (follow->refused_until > clock_mono_ms() && !follow->confirmed &&
        strcmp(follow->refused_epoch, follow->epoch) == 0) {
        char again[sizeof(follow->problem)];

        snprintf(again, sizeof(again), "%s", follow->problem);
        follow_fail(follow, again, FOLLOW_POLL);
        return;
    }
    follow_change_state(follow, FOLLOW_RELOADING);
    if (!follow_begin_write(follow))
        return;
    log_info("comparing all rows reason=\"%s\"", why);
    if (follow->alone == DIRECTORY_KINDS)
        forget_positions(follow);
    if (server_state_has_crashed(slice_from(follow->store.epoch), slice_from(follow->epoch)))
        ask_gone(follow);
    else
        reload_first(follow);
}
