// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/follow_slices.h"

#include "base/log.h"
#include "base/memory.h"
#include "replicator/follow_reload.h"
#include "replicator/follow_write.h"

static void remember(struct row_key *key, struct slice text)
{
    key->len = text.len < sizeof key->bytes ? text.len : sizeof key->bytes - 1;
    if (key->len > 0)
        memcpy(key->bytes, text.ptr, key->len);
    key->bytes[key->len] = '\0';
}

static void on_row(struct follow *follow, const PGresult *row)
{
    struct follow_slices *slices = &follow->slices;
    follow_write_row(follow, row);
    slices->rows++;
    if (slices->rows < ROW_QUERY_SLICE)
        return;
    remember(&slices->first, slice_make(PQgetvalue(row, 0, 0), (size_t)PQgetlength(row, 0, 0)));
    if (schema_kinds[slices->kind].key_fields == 2)
        remember(&slices->second, slice_make(PQgetvalue(row, 0, 1), (size_t)PQgetlength(row, 0, 1)));
}

static void on_read(struct follow *follow, const PGresult *result)
{
    const struct follow_slices *slices = &follow->slices;
    const bool last = slices->rows < ROW_QUERY_SLICE;
    (void)result;
    follow->reading = false;
    if (last)
        row_merge_end(&follow->merge);
    else
        row_merge_stop(&follow->merge);
    follow_write_add_counts(follow);
    if (!follow_write_commit(follow, false)) {
        follow_state_drop_slices(follow);
        return;
    }
    log_debug("a slice was read kind=%s rows=%zu written=%zu deleted=%zu", schema_kinds[slices->kind].name,
              slices->rows, follow->total.written, follow->total.deleted);
    if (last)
        follow_state_drop_slices(follow);
    follow_write_end_round(follow);
}

static void begin(struct follow *follow)
{
    follow_state_drop_slices(follow);
    follow->slices.kind = follow->only;
    follow->slices.since = memory_or_exit(strdup(follow->snapshot));
}

static void read_slice(struct follow *follow)
{
    struct follow_slices *slices = &follow->slices;
    const char *const values[] = {slices->first.bytes, slices->second.bytes};
    const struct follow_question question = {.sql = follow->sql,
                                             .count = (int)schema_kinds[follow->only].key_fields,
                                             .values = values,
                                             .timeout_ms = FOLLOW_ROWS_MS,
                                             .on_row = on_row,
                                             .on_answer = on_read};
    follow_state_change(follow, FOLLOW_RELOADING);
    if (!follow_write_begin(follow))
        return;
    slices->rows = 0;
    row_query_rows(follow->only, ROW_QUERY_AFTER, follow->sql);
    row_merge_begin_after(&follow->merge, follow->replica.writer, follow->only,
                          slice_make(slices->first.bytes, slices->first.len),
                          slice_make(slices->second.bytes, slices->second.len));
    follow->reading = true;
    follow_state_ask(follow, &question);
}

void follow_slices_read(struct follow *follow)
{
    if (follow->only == DIRECTORY_DOMAIN) {
        follow_reload_start(follow, "the domains lag");
        return;
    }
    if (follow->slices.kind != follow->only)
        begin(follow);
    read_slice(follow);
}
