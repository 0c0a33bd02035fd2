// SPDX-License-Identifier: BSD-2-Clause
#include "base/clock.h"
#include "base/log.h"
#include "replicator/follow_internal.h"
#include "replicator/replicator_conf.h"
#include "replicator/stats.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    ROWS_MS = 600000,   // the answer to one statement that reads rows
    SAVE_MS = 30000,    // how often a position alone is written: each write is an fsync
    REFUSED_MS = 60000, // between two readings of a reload that was refused
};

// Domains first: whether a reload is refused is known before the millions of mailboxes are read.
static const enum directory_kind reload_order[DIRECTORY_KINDS] = {
    DIRECTORY_DOMAIN,  DIRECTORY_DOMAIN_ALIAS, DIRECTORY_SETTING, DIRECTORY_PLAN,    DIRECTORY_DNSBL,
    DIRECTORY_BEST_MX, DIRECTORY_WHITELIST,    DIRECTORY_ALIAS,   DIRECTORY_MAILBOX,
};

static void keep_text(char **text, const PGresult *result, int column)
{
    free(*text);
    *text = strdup(PQgetvalue(result, 0, column));
    if (!*text)
        abort();
}

void follow_round_drop(struct follow *follow)
{
    if (follow->store.writer)
        writer_abort(follow->store.writer);
    keys_finish(&follow->keys);
    free(follow->snapshot);
    free(follow->epoch);
    free(follow->confirmed_at);
    follow->snapshot = follow->epoch = follow->confirmed_at = NULL;
}

// ---- the end ----

static void on_ended(struct follow *follow, const PGresult *result)
{
    (void)result;
    follow->in_transaction = false;
    follow_round_done(follow);
}

static void end_transaction(struct follow *follow)
{
    static const struct follow_question commit = {.sql = "commit", .on_answer = on_ended};

    follow->proved_at = follow->started_at;
    follow_round_drop(follow);
    follow_change_state(follow, FOLLOW_ENDING);
    follow_ask(follow, &commit);
}

static void fail_write(struct follow *follow, enum writer_rc rc)
{
    char why[sizeof(follow->store.problem) + 128];

    snprintf(why, sizeof(why), "%s%s", follow->store.problem,
             rc == WRITER_FULL ? ": make room on the disk, or raise map_size and restart" : "");
    follow_fail(follow, why, true);
}

// Returns false where the round has failed.
static bool save(struct follow *follow, bool reloaded)
{
    struct store_notes notes = {.position = follow->snapshot, .epoch = follow->epoch};
    enum writer_rc rc;

    if (reloaded && follow->confirmed)
        notes.confirmed = follow->confirmed_at;
    rc = store_commit(&follow->store, &notes);
    if (rc != WRITER_OK) {
        fail_write(follow, rc);
        return false;
    }
    follow->saved_at = clock_mono_ms();
    counter_add(&stats.changes, (double)(follow->total.written + follow->total.deleted));
    return true;
}

// Returns false where the round has failed.
static bool begin_write(struct follow *follow)
{
    enum writer_rc rc = store_begin(&follow->store);

    if (rc != WRITER_OK)
        fail_write(follow, rc);
    return rc == WRITER_OK;
}

static void take_total(struct follow *follow)
{
    follow->total.kept += follow->feed.merged.kept;
    follow->total.written += follow->feed.merged.written;
    follow->total.deleted += follow->feed.merged.deleted;
    follow->bad += follow->feed.bad;
}

static void on_row(struct follow *follow, const PGresult *row)
{
    struct slice texts[SCHEMA_FIELDS_MAX];
    int fields = PQnfields(row);

    for (int i = 0; i < fields && i < SCHEMA_FIELDS_MAX; i++)
        texts[i] = PQgetisnull(row, 0, i) ? slice_make(NULL, 0)
                                          : slice_make(PQgetvalue(row, 0, i), (size_t)PQgetlength(row, 0, i));
    feed_row(&follow->feed, texts);
}

// ---- all rows ----

static void reload_next(struct follow *follow);

static bool reload_refused(struct follow *follow)
{
    char why[256];

    if (follow->feed.kind != DIRECTORY_DOMAIN || follow->confirmed ||
        follow->feed.merged.deleted * 2 <= follow->domains_before)
        return false;
    follow->refused_until = clock_mono_ms() + REFUSED_MS;
    counter_add(&stats.refused_reloads, 1);
    snprintf(why, sizeof(why),
             "a reload would drop %zu of %zu domains; if they are really gone, confirm it: select "
             "emailgency.confirm_reload();",
             follow->feed.merged.deleted, follow->domains_before);
    follow_fail(follow, why, false);
    return true;
}

static void on_kind_reloaded(struct follow *follow, const PGresult *result)
{
    (void)result;
    feed_end(&follow->feed);
    take_total(follow);
    if (reload_refused(follow))
        return;
    follow->reload_step++;
    reload_next(follow);
}

static void reload_done(struct follow *follow)
{
    if (!save(follow, true))
        return;
    follow->refused_until = 0;
    follow->reload_at = clock_mono_ms() + replicator_conf.reload_interval * 1000;
    counter_add(&stats.reloads, 1);
    log_info("all rows compared written=%zu deleted=%zu unchanged=%zu bad=%zu ms=%" PRId64,
             follow->total.written, follow->total.deleted, follow->total.kept, follow->bad,
             clock_mono_ms() - follow->started_ms);
    end_transaction(follow);
}

static void reload_next(struct follow *follow)
{
    struct follow_question question = {
        .sql = follow->sql, .timeout_ms = ROWS_MS, .on_row = on_row, .on_answer = on_kind_reloaded};

    if (follow->reload_step == DIRECTORY_KINDS) {
        reload_done(follow);
        return;
    }
    statement_rows(reload_order[follow->reload_step], false, follow->sql);
    feed_begin(&follow->feed, follow->store.writer, reload_order[follow->reload_step], NULL, 0);
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

static void reload(struct follow *follow, const char *why)
{
    if (follow->refused_until > clock_mono_ms() && !follow->confirmed) {
        char again[sizeof(follow->problem)];

        snprintf(again, sizeof(again), "%s", follow->problem);
        follow_fail(follow, again, false);
        return;
    }
    follow_change_state(follow, FOLLOW_RELOADING);
    if (!begin_write(follow))
        return;
    log_info("comparing all rows reason=\"%s\"", why);
    if (server_has_crashed(slice_from(follow->store.epoch), slice_from(follow->epoch)))
        ask_gone(follow);
    else
        reload_first(follow);
}

// ---- changed rows ----

static void on_chunk_read(struct follow *follow, const PGresult *result);

// Returns false behind the last.
static bool read_chunk(struct follow *follow)
{
    struct follow_question question = {
        .sql = follow->sql, .count = 1, .timeout_ms = ROWS_MS, .on_row = on_row, .on_answer = on_chunk_read};
    const struct slice *texts;
    enum directory_kind kind;
    const char *array;
    size_t count = keys_chunk(&follow->keys, &kind, &texts);

    if (count == 0)
        return false;
    array_literal_begin(&follow->array);
    for (size_t i = 0; i < count; i++)
        array_literal_add(&follow->array, texts[i]);
    array = array_literal_end(&follow->array);
    if (!array)
        abort();
    statement_rows(kind, true, follow->sql);
    question.name = schema_kinds[kind].name;
    question.values = &array;
    feed_begin(&follow->feed, follow->store.writer, kind, texts, count);
    follow_ask(follow, &question);
    return true;
}

static void changes_done(struct follow *follow)
{
    struct store_notes notes = {.position = follow->snapshot, .epoch = follow->epoch};
    bool changed = follow->total.written + follow->total.deleted > 0;
    bool due = clock_mono_ms() >= follow->saved_at + SAVE_MS;

    if (writer_status(follow->store.writer) == WRITER_OK && !changed && !due)
        store_advance(&follow->store, &notes);
    else if (!save(follow, false))
        return;
    if (changed)
        log_debug("changes applied keys=%zu written=%zu deleted=%zu bad=%zu ms=%" PRId64, follow->keys.count,
                  follow->total.written, follow->total.deleted, follow->bad,
                  clock_mono_ms() - follow->started_ms);
    end_transaction(follow);
}

static void on_chunk_read(struct follow *follow, const PGresult *result)
{
    (void)result;
    feed_end(&follow->feed);
    take_total(follow);
    if (!read_chunk(follow))
        changes_done(follow);
}

static void on_changes(struct follow *follow, const PGresult *result)
{
    if (keys_init(&follow->keys, result) == KEYS_ALL) {
        reload(follow, "a whole table, or very many rows, changed");
        return;
    }
    follow_change_state(follow, FOLLOW_READING);
    if (begin_write(follow) && !read_chunk(follow))
        changes_done(follow);
}

// ---- the look ----

static void ask_changes(struct follow *follow)
{
    const char *position = follow->store.position;
    struct follow_question question = {.name = "changes",
                                       .sql = statement_changes,
                                       .count = 1,
                                       .values = &position,
                                       .timeout_ms = ROWS_MS,
                                       .on_answer = on_changes};

    follow_ask(follow, &question);
}

static bool reload_is_due(const struct follow *follow)
{
    return replicator_conf.reload_interval > 0 && clock_mono_ms() >= follow->reload_at;
}

static void on_server(struct follow *follow, const PGresult *result)
{
    struct slice columns[SERVER_COLUMNS];
    char why[256];

    if (PQntuples(result) != 1) {
        follow_fail(follow,
                    "emailgency.directory_state has not its one row: insert into "
                    "emailgency.directory_state default values;",
                    true);
        return;
    }
    for (int i = 0; i < SERVER_COLUMNS; i++)
        columns[i] = slice_make(PQgetvalue(result, 0, i), (size_t)PQgetlength(result, 0, i));
    keep_text(&follow->snapshot, result, SERVER_SNAPSHOT);
    keep_text(&follow->epoch, result, SERVER_EPOCH);
    keep_text(&follow->confirmed_at, result, SERVER_CONFIRMED_AT);
    follow->confirmed = slice_equal(columns[SERVER_CONFIRMED], SLICE("t"));
    switch (server_judge(columns, slice_from(follow->store.position), slice_from(follow->store.epoch), why,
                         sizeof(why))) {
    case SERVER_REFUSE:
        follow_fail(follow, why, false);
        return;
    case SERVER_RELOAD:
        reload(follow, why);
        return;
    case SERVER_FOLLOW:
        break;
    }
    if (reload_is_due(follow))
        reload(follow, "reload_interval has passed");
    else
        ask_changes(follow);
}

static void on_begun(struct follow *follow, const PGresult *result)
{
    char migrations[16];
    const char *values[] = {follow->store.position, follow->store.confirmed, migrations};
    struct follow_question question = {
        .name = "server", .sql = statement_server, .count = 3, .values = values, .on_answer = on_server};

    (void)result;
    follow->in_transaction = true;
    snprintf(migrations, sizeof(migrations), "%d", server_migrations());
    follow_ask(follow, &question);
}

void follow_round(struct follow *follow)
{
    static const struct follow_question begin = {.sql = "begin isolation level repeatable read read only",
                                                 .on_answer = on_begun};
    enum writer_rc rc = store_open(&follow->store);

    counter_add(&stats.rounds, 1);
    follow->started_ms = clock_mono_ms();
    follow->started_at = clock_wall();
    follow->total = (struct writer_merged){0};
    follow->bad = 0;
    if (rc != WRITER_OK) {
        fail_write(follow, rc);
        return;
    }
    follow_change_state(follow, FOLLOW_LOOKING);
    follow_ask(follow, &begin);
}
