// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/follow_changes.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "replicator/follow_reload.h"
#include "replicator/follow_slices.h"
#include "replicator/follow_write.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    SAVE_MS = DIRECTORY_CHECKED_EVERY_S * 1000, // how often a position alone is written
};

static void on_chunk_read(struct follow *follow, const PGresult *result);

// Returns false after the last one.
static bool read_chunk(struct follow *follow)
{
    const struct slice *texts;
    enum directory_kind kind;
    const size_t count = changed_keys_chunk(&follow->keys, &kind, &texts);
    if (count == 0)
        return false;
    array_literal_begin(&follow->array);
    for (size_t i = 0; i < count; i++)
        array_literal_add(&follow->array, texts[i]);
    const char *array = array_literal_end(&follow->array);
    if (!array)
        memory_exhausted();
    row_query_rows(kind, ROW_QUERY_KEYED, follow->sql);
    const struct follow_question question = {.name = schema_kinds[kind].name,
                                             .sql = follow->sql,
                                             .count = 1,
                                             .values = &array,
                                             .timeout_ms = FOLLOW_ROWS_MS,
                                             .on_row = follow_write_row,
                                             .on_answer = on_chunk_read};
    row_merge_begin(&follow->merge, follow->replica.writer, kind, texts, count);
    follow->reading = true;
    follow_state_ask(follow, &question);
    return true;
}

static void log_applied(const struct follow *follow)
{
    log_debug("changes applied keys=%zu written=%zu deleted=%zu bad=%zu ms=%" PRId64, follow->keys.count,
              follow->total.written, follow->total.deleted, follow->bad,
              clock_mono_ms() - follow->started_ms);
}

static void changes_done(struct follow *follow)
{
    const struct replica_state_notes notes = follow_write_notes(follow, false);
    const bool changed = follow->total.written + follow->total.deleted > 0;
    const bool due = clock_mono_ms() >= follow->saved_at + SAVE_MS;
    if (replica_writer_status(follow->replica.writer) == REPLICA_WRITER_OK && !changed && !due)
        replica_state_advance(&follow->replica, &notes);
    else if (!follow_write_commit(follow, false))
        return;
    follow->unreported |= follow->keys.count > 0;
    if (changed)
        log_applied(follow);
    if (follow->only != DIRECTORY_KINDS)
        log_info("current again kind=%s", schema_kinds[follow->only].name);
    follow_write_end_round(follow);
}

static void on_chunk_read(struct follow *follow, const PGresult *result)
{
    (void)result;
    follow->reading = false;
    row_merge_end(&follow->merge);
    follow_write_add_counts(follow);
    if (!read_chunk(follow))
        changes_done(follow);
}

static void on_changes(struct follow *follow, const PGresult *result)
{
    if (changed_keys_init(&follow->keys, result) == CHANGED_KEYS_ALL) {
        if (follow->only == DIRECTORY_KINDS)
            follow_reload_start(follow, "a whole table, or very many rows, changed");
        else
            follow_slices_read(follow);
        return;
    }
    follow_state_change(follow, FOLLOW_READING);
    if (follow_write_begin(follow) && !read_chunk(follow))
        changes_done(follow);
}

// The kinds that the round reads, as an array of PostgreSQL.
static void name_kinds(const struct follow *follow, char *out, size_t size)
{
    size_t used = 1;
    snprintf(out, size, "{");
    for (enum directory_kind kind = 0; kind < DIRECTORY_KINDS; kind++)
        if (follow_state_reads(follow, kind))
            used += (size_t)snprintf(out + used, size - used, "%s%s", used > 1 ? "," : "",
                                     schema_kinds[kind].name);
    snprintf(out + used, size - used, "}");
}

void follow_changes_read(struct follow *follow)
{
    char kinds[DIRECTORY_KINDS * 16 + 3];
    const char *own = follow->only == DIRECTORY_KINDS ? NULL : follow->replica.lagging[follow->only];
    const char *const values[] = {own ? own : follow->replica.position, kinds};
    const struct follow_question question = {.name = "changes",
                                             .sql = row_query_changes,
                                             .count = 2,
                                             .values = values,
                                             .timeout_ms = FOLLOW_ROWS_MS,
                                             .on_answer = on_changes};
    name_kinds(follow, kinds, sizeof kinds);
    follow_state_ask(follow, &question);
}
