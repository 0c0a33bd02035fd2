// SPDX-License-Identifier: BSD-2-Clause
// A kind stands behind the others while its table is locked, and while so much of it has changed that reading
// it would hold the others up. It is read in rounds of its own, which take turns with those of all others.
#include "base/clock.h"
#include "base/log.h"
#include "replicator/follow_internal.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    ROWS_MS = 600000, // the answer to one statement that reads rows
    LOCKED_MS = 1000, // between two tries of a locked table
};

void follow_alone_reset(struct follow *follow)
{
    free(follow->slices.since);
    follow->slices = (struct follow_slices){.kind = DIRECTORY_KINDS};
}

// The slices that are under way come first; else the kinds take turns.
enum directory_kind follow_alone_next(const struct follow *follow)
{
    char *const *behind = follow->store.behind;

    if (follow->alone != DIRECTORY_KINDS || clock_mono_ms() < follow->alone_at)
        return DIRECTORY_KINDS;
    if (follow->slices.kind != DIRECTORY_KINDS && behind[follow->slices.kind])
        return follow->slices.kind;
    for (unsigned i = 0; i < DIRECTORY_KINDS; i++) {
        unsigned kind = (follow->last_alone + 1 + i) % DIRECTORY_KINDS;

        if (behind[kind])
            return (enum directory_kind)kind;
    }
    return DIRECTORY_KINDS;
}

int64_t follow_alone_wait(const struct follow *follow, int64_t ms)
{
    int64_t wait = follow->alone_at - clock_mono_ms();

    if (!replica_state_any_behind(&follow->store) || wait > ms)
        return ms;
    return wait > 0 ? wait : 0;
}

void follow_locked(struct follow *follow)
{
    enum directory_kind kind = follow->feed.kind;
    bool reload = follow->state == FOLLOW_RELOADING;
    char why[128];

    follow->alone_at = clock_mono_ms() + LOCKED_MS;
    if (follow->alone == kind) {
        follow_give_up(follow);
        return;
    }
    follow->blame = kind;
    if (follow->store.position[0] == '\0') { // a new replica is loaded whole or not at all
        snprintf(why, sizeof(why), "the table %s is locked", schema_kinds[kind].name);
        follow_fail(follow, why, FOLLOW_SOON);
        return;
    }
    log_warn("a table is locked: its rows stay as they are, all others are followed table=%s",
             schema_kinds[kind].name);
    replica_state_leave_behind(&follow->store, kind, reload ? "" : follow->store.position);
    follow->woken = true;
    follow_give_up(follow);
}

// ---- too many changes ----

static void on_crowded(struct follow *follow, const PGresult *result)
{
    enum directory_kind kind;

    for (int i = 0; i < PQntuples(result); i++) {
        if (!schema_kind_named(slice_from(PQgetvalue(result, i, 0)), &kind) || follow->store.behind[kind])
            continue;
        if (kind == DIRECTORY_DOMAIN) { // whether too many are gone is known only when all were read
            follow_reload(follow, "very many domains changed");
            return;
        }
        log_info("very many rows changed, and are read in slices kind=%s", schema_kinds[kind].name);
        replica_state_leave_behind(&follow->store, kind, follow->store.position);
    }
    follow_ask_changes(follow);
}

void follow_ask_crowded(struct follow *follow)
{
    const char *position = follow->store.position;
    struct follow_question question = {.sql = statement_crowded,
                                       .count = 1,
                                       .values = &position,
                                       .timeout_ms = ROWS_MS,
                                       .on_answer = on_crowded};

    follow_ask(follow, &question);
}

// ---- slices ----

static void remember(struct row_key *key, struct slice text)
{
    key->len = text.len < sizeof(key->bytes) ? text.len : sizeof(key->bytes) - 1;
    if (key->len > 0)
        memcpy(key->bytes, text.ptr, key->len);
    key->bytes[key->len] = '\0';
}

static void on_slice_row(struct follow *follow, const PGresult *row)
{
    struct follow_slices *slices = &follow->slices;

    follow_row(follow, row);
    slices->rows++;
    if (slices->rows < ROW_QUERY_SLICE)
        return;
    remember(&slices->first, slice_make(PQgetvalue(row, 0, 0), (size_t)PQgetlength(row, 0, 0)));
    if (schema_kinds[slices->kind].key_fields == 2)
        remember(&slices->second, slice_make(PQgetvalue(row, 0, 1), (size_t)PQgetlength(row, 0, 1)));
}

static void on_slice_read(struct follow *follow, const PGresult *result)
{
    struct follow_slices *slices = &follow->slices;
    bool last = slices->rows < ROW_QUERY_SLICE;

    (void)result;
    follow->reading = false;
    if (last)
        row_merge_end(&follow->feed);
    else
        row_merge_stop(&follow->feed);
    follow_take_total(follow);
    if (!follow_save(follow, false)) {
        follow_alone_reset(follow);
        return;
    }
    log_debug("a slice was read kind=%s rows=%zu written=%zu deleted=%zu", schema_kinds[slices->kind].name,
              slices->rows, follow->total.written, follow->total.deleted);
    if (last)
        follow_alone_reset(follow);
    follow_end(follow);
}

static void begin_slices(struct follow *follow)
{
    struct follow_slices *slices = &follow->slices;

    follow_alone_reset(follow);
    slices->kind = follow->alone;
    slices->since = strdup(follow->snapshot);
    if (!slices->since)
        abort();
}

static void read_slice(struct follow *follow)
{
    struct follow_slices *slices = &follow->slices;
    const char *values[] = {slices->first.bytes, slices->second.bytes};
    struct follow_question question = {.sql = follow->sql,
                                       .count = (int)schema_kinds[follow->alone].key_fields,
                                       .values = values,
                                       .timeout_ms = ROWS_MS,
                                       .on_row = on_slice_row,
                                       .on_answer = on_slice_read};

    follow_change_state(follow, FOLLOW_RELOADING);
    if (!follow_begin_write(follow))
        return;
    slices->rows = 0;
    row_query_rows(follow->alone, ROW_QUERY_AFTER, follow->sql);
    row_merge_begin_after(&follow->feed, follow->store.writer, follow->alone,
                          slice_make(slices->first.bytes, slices->first.len),
                          slice_make(slices->second.bytes, slices->second.len));
    follow->reading = true;
    follow_ask(follow, &question);
}

void follow_alone_all(struct follow *follow)
{
    if (follow->alone == DIRECTORY_DOMAIN) {
        follow_reload(follow, "the domains are behind");
        return;
    }
    if (follow->slices.kind != follow->alone)
        begin_slices(follow);
    read_slice(follow);
}

void follow_alone(struct follow *follow)
{
    const char *position = follow->store.behind[follow->alone];

    follow->last_alone = follow->alone;
    if (follow->slices.kind == follow->alone || position[0] == '\0' || follow->own_gap || follow->many)
        follow_alone_all(follow);
    else
        follow_ask_changes(follow);
}
