// SPDX-License-Identifier: BSD-2-Clause
#include "base/clock.h"
#include "base/log.h"
#include "replicator/follow_internal.h"
#include "replicator/replicator_conf.h"
#include "replicator/replicator_stats.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    ROWS_MS = 600000, // the answer to one statement that reads rows
    SAVE_MS = 30000,  // how often a position alone is written: each write is an fsync
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
    changed_keys_finish(&follow->keys);
    free(follow->snapshot);
    free(follow->epoch);
    free(follow->confirmed_at);
    free(follow->marks);
    free(follow->fresh_marks);
    follow->snapshot = follow->epoch = follow->confirmed_at = follow->marks = follow->fresh_marks = NULL;
    follow->reading = false;
}

// ---- the end ----

static void on_ended(struct follow *follow, const PGresult *result)
{
    (void)result;
    follow->in_transaction = false;
    follow_round_done(follow);
}

void follow_end(struct follow *follow)
{
    static const struct follow_question commit = {.sql = "commit", .on_answer = on_ended};

    if (follow->alone == DIRECTORY_KINDS && !replica_state_any_behind(&follow->store))
        follow->proved_at = follow->started_at;
    follow_round_drop(follow);
    follow_change_state(follow, FOLLOW_ENDING);
    follow_ask(follow, &commit);
}

static void fail_write(struct follow *follow, enum writer_rc rc)
{
    char why[sizeof(follow->store.problem) + 128];

    snprintf(why, sizeof(why), "%s%s", follow->store.problem,
             rc == WRITER_NO_ROOM ? "; make room"
             : rc == WRITER_FULL  ? ": raise map_size and restart"
                                  : "");
    follow_fail(follow, why, FOLLOW_LATER);
}

static void note_alone(const struct follow *follow, struct replica_state_notes *notes)
{
    const struct follow_slices *slices = &follow->slices;

    notes->caught_up = follow->alone;
    if (slices->kind != follow->alone)
        return;
    // After the last slice come the changes since the first one.
    notes->caught_up_to = slices->since;
    if (slices->rows == ROW_QUERY_SLICE)
        notes->caught_up = DIRECTORY_KINDS;
}

struct replica_state_notes follow_notes(const struct follow *follow, bool reloaded)
{
    struct replica_state_notes notes = {.caught_up = DIRECTORY_KINDS};

    if (reloaded && follow->confirmed)
        notes.confirmed = follow->confirmed_at;
    if (follow->alone != DIRECTORY_KINDS) {
        note_alone(follow, &notes);
        return notes;
    }
    notes.position = follow->snapshot;
    notes.epoch = follow->epoch;
    notes.marks = reloaded ? follow->fresh_marks : follow->marks;
    notes.proved = true;
    return notes;
}

bool follow_save(struct follow *follow, bool reloaded)
{
    struct replica_state_notes notes = follow_notes(follow, reloaded);
    enum writer_rc rc = replica_state_commit(&follow->store, &notes);

    if (rc != WRITER_OK) {
        fail_write(follow, rc);
        return false;
    }
    follow->saved_at = clock_mono_ms();
    counter_add(&stats.changes, (double)(follow->total.written + follow->total.deleted));
    return true;
}

bool follow_begin_write(struct follow *follow)
{
    enum writer_rc rc = replica_state_begin(&follow->store);

    if (rc != WRITER_OK)
        fail_write(follow, rc);
    return rc == WRITER_OK;
}

void follow_take_total(struct follow *follow)
{
    follow->total.kept += follow->feed.merged.kept;
    follow->total.written += follow->feed.merged.written;
    follow->total.deleted += follow->feed.merged.deleted;
    follow->bad += follow->feed.bad;
}

void follow_row(struct follow *follow, const PGresult *row)
{
    struct slice texts[SCHEMA_FIELDS_MAX];
    int fields = PQnfields(row);

    for (int i = 0; i < fields && i < SCHEMA_FIELDS_MAX; i++)
        texts[i] = PQgetisnull(row, 0, i) ? slice_make(NULL, 0)
                                          : slice_make(PQgetvalue(row, 0, i), (size_t)PQgetlength(row, 0, i));
    row_merge_row(&follow->feed, texts);
}

// ---- changed rows ----

static void on_chunk_read(struct follow *follow, const PGresult *result);

// Returns false behind the last.
static bool read_chunk(struct follow *follow)
{
    struct follow_question question = {.sql = follow->sql,
                                       .count = 1,
                                       .timeout_ms = ROWS_MS,
                                       .on_row = follow_row,
                                       .on_answer = on_chunk_read};
    const struct slice *texts;
    enum directory_kind kind;
    const char *array;
    size_t count = changed_keys_chunk(&follow->keys, &kind, &texts);

    if (count == 0)
        return false;
    array_literal_begin(&follow->array);
    for (size_t i = 0; i < count; i++)
        array_literal_add(&follow->array, texts[i]);
    array = array_literal_end(&follow->array);
    if (!array)
        abort();
    row_query_rows(kind, ROW_QUERY_KEYED, follow->sql);
    question.name = schema_kinds[kind].name;
    question.values = &array;
    row_merge_begin(&follow->feed, follow->store.writer, kind, texts, count);
    follow->reading = true;
    follow_ask(follow, &question);
    return true;
}

static void changes_done(struct follow *follow)
{
    struct replica_state_notes notes = follow_notes(follow, false);
    bool changed = follow->total.written + follow->total.deleted > 0;
    bool due = clock_mono_ms() >= follow->saved_at + SAVE_MS;

    if (writer_status(follow->store.writer) == WRITER_OK && !changed && !due)
        replica_state_advance(&follow->store, &notes);
    else if (!follow_save(follow, false))
        return;
    if (changed)
        log_debug("changes applied keys=%zu written=%zu deleted=%zu bad=%zu ms=%" PRId64, follow->keys.count,
                  follow->total.written, follow->total.deleted, follow->bad,
                  clock_mono_ms() - follow->started_ms);
    if (follow->alone != DIRECTORY_KINDS)
        log_info("current again kind=%s", schema_kinds[follow->alone].name);
    follow_end(follow);
}

static void on_chunk_read(struct follow *follow, const PGresult *result)
{
    (void)result;
    follow->reading = false;
    row_merge_end(&follow->feed);
    follow_take_total(follow);
    if (!read_chunk(follow))
        changes_done(follow);
}

static void on_changes(struct follow *follow, const PGresult *result)
{
    if (changed_keys_init(&follow->keys, result) == CHANGED_KEYS_ALL) {
        if (follow->alone == DIRECTORY_KINDS)
            follow_reload(follow, "a whole table, or very many rows, changed");
        else
            follow_alone_all(follow);
        return;
    }
    follow_change_state(follow, FOLLOW_READING);
    if (follow_begin_write(follow) && !read_chunk(follow))
        changes_done(follow);
}

// ---- the look ----

// The kinds that the round reads, as an array of PostgreSQL.
static void name_kinds(const struct follow *follow, char *out, size_t size)
{
    size_t used = 1;

    snprintf(out, size, "{");
    for (enum directory_kind kind = 0; kind < DIRECTORY_KINDS; kind++) {
        bool read = follow->alone == DIRECTORY_KINDS ? !follow->store.behind[kind] : follow->alone == kind;

        if (read)
            used += (size_t)snprintf(out + used, size - used, "%s%s", used > 1 ? "," : "",
                                     schema_kinds[kind].name);
    }
    snprintf(out + used, size - used, "}");
}

void follow_ask_changes(struct follow *follow)
{
    char kinds[DIRECTORY_KINDS * 16 + 3];
    const char *own = follow->alone == DIRECTORY_KINDS ? NULL : follow->store.behind[follow->alone];
    const char *values[] = {own ? own : follow->store.position, kinds};
    struct follow_question question = {.name = "changes",
                                       .sql = statement_changes,
                                       .count = 2,
                                       .values = values,
                                       .timeout_ms = ROWS_MS,
                                       .on_answer = on_changes};

    name_kinds(follow, kinds, sizeof(kinds));
    follow_ask(follow, &question);
}

static bool reload_is_due(const struct follow *follow)
{
    return replicator_conf.reload_interval > 0 && clock_mono_ms() >= follow->reload_at;
}

static void keep_answer(struct follow *follow, const PGresult *result,
                        struct slice columns[SERVER_STATE_COLUMNS])
{
    for (int i = 0; i < SERVER_STATE_COLUMNS; i++)
        columns[i] = slice_make(PQgetvalue(result, 0, i), (size_t)PQgetlength(result, 0, i));
    keep_text(&follow->snapshot, result, SERVER_STATE_SNAPSHOT);
    keep_text(&follow->epoch, result, SERVER_STATE_EPOCH);
    keep_text(&follow->confirmed_at, result, SERVER_STATE_CONFIRMED_AT);
    keep_text(&follow->marks, result, SERVER_STATE_MARKS);
    keep_text(&follow->fresh_marks, result, SERVER_STATE_FRESH_MARKS);
    follow->confirmed = slice_equal(columns[SERVER_STATE_CONFIRMED], SLICE("t"));
    follow->own_gap = slice_equal(columns[SERVER_STATE_OWN_GAP], SLICE("t"));
    follow->many = slice_equal(columns[SERVER_STATE_MANY], SLICE("t"));
    follow->queue = strtod(PQgetvalue(result, 0, SERVER_STATE_QUEUE), NULL);
}

static void follow_on(struct follow *follow)
{
    if (follow->alone != DIRECTORY_KINDS)
        follow_alone(follow);
    else if (reload_is_due(follow))
        follow_reload(follow, "reload_interval has passed");
    else if (follow->many)
        follow_ask_crowded(follow);
    else
        follow_ask_changes(follow);
}

static void on_server(struct follow *follow, const PGresult *result)
{
    struct slice columns[SERVER_STATE_COLUMNS];
    char why[256];

    if (PQntuples(result) != 1) {
        follow_fail(follow,
                    "emailgency.directory_state has not its one row: insert into "
                    "emailgency.directory_state default values;",
                    FOLLOW_LATER);
        return;
    }
    keep_answer(follow, result, columns);
    switch (server_state_judge(columns, slice_from(follow->store.position), slice_from(follow->store.epoch),
                               why, sizeof(why))) {
    case SERVER_STATE_REFUSE:
        follow_fail(follow, why, FOLLOW_POLL);
        return;
    case SERVER_STATE_RELOAD:
        follow->alone = DIRECTORY_KINDS;
        follow_reload(follow, why);
        return;
    case SERVER_STATE_FOLLOW:
        follow_on(follow);
    }
}

static void on_begun(struct follow *follow, const PGresult *result)
{
    char migrations[16];
    const char *own = follow->alone == DIRECTORY_KINDS ? "" : follow->store.behind[follow->alone];
    const char *values[] = {follow->store.position, follow->store.confirmed, migrations, follow->store.marks,
                            own};
    struct follow_question question = {
        .name = "server", .sql = statement_server, .count = 5, .values = values, .on_answer = on_server};

    (void)result;
    follow->in_transaction = true;
    snprintf(migrations, sizeof(migrations), "%d", server_state_migrations());
    follow_ask(follow, &question);
}

void follow_round(struct follow *follow)
{
    static const struct follow_question begin = {.sql = "begin isolation level repeatable read read only",
                                                 .on_answer = on_begun};
    enum writer_rc rc = replica_state_open(&follow->store);

    counter_add(&stats.rounds, 1);
    follow->started_ms = clock_mono_ms();
    follow->started_at = clock_wall();
    follow->total = (struct writer_merged){0};
    follow->bad = 0;
    if (rc != WRITER_OK) {
        fail_write(follow, rc);
        return;
    }
    follow->alone = follow_alone_next(follow);
    follow_change_state(follow, FOLLOW_LOOKING);
    follow_ask(follow, &begin);
}
