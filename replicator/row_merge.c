// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/row_merge.h"

#include "directory/row.h"
#include "replicator/bad_row.h"

void row_merge_begin(struct row_merge *merge, struct replica_writer *writer, enum directory_kind kind,
                     const struct slice *keys, size_t count)
{
    *merge = (struct row_merge){.writer = writer, .kind = kind, .keys = keys, .count = count};
    if (!keys) {
        replica_writer_merge_begin(writer, kind, NULL);
        merge->open = true;
    }
}

void row_merge_begin_after(struct row_merge *merge, struct replica_writer *writer, enum directory_kind kind,
                           struct slice first, struct slice second)
{
    *merge = (struct row_merge){.writer = writer, .kind = kind, .open = true};
    replica_writer_merge_after(writer, kind, first, second);
}

static void add_merged(struct row_merge *merge, struct replica_writer_merged merged)
{
    merge->merged.kept += merged.kept;
    merge->merged.written += merged.written;
    merge->merged.deleted += merged.deleted;
    merge->open = false;
}

static void close_group(struct row_merge *merge)
{
    add_merged(merge, replica_writer_merge_end(merge->writer));
}

static void pass_key(struct row_merge *merge)
{
    if (!merge->open)
        replica_writer_merge_begin(merge->writer, merge->kind, &merge->keys[merge->next]);
    close_group(merge);
    merge->next++;
}

// The row's key as a change names it; a longer text cannot be a requested key.
static struct slice name_key(struct row_merge *merge, const struct slice *texts)
{
    struct row_key *named = &merge->named;
    if (schema_kinds[merge->kind].change_fields == 1)
        return texts[0];
    if (!row_key_of(merge->kind, texts[0], texts[1], named))
        return slice_make("", 0);
    named->bytes[texts[0].len] = ' ';
    return slice_make(named->bytes, named->len);
}

// Returns false for a row of a key that was not asked for.
static bool open_group(struct row_merge *merge, struct slice key)
{
    if (!merge->keys)
        return true;
    while (merge->next < merge->count && slice_compare(merge->keys[merge->next], key) < 0)
        pass_key(merge);
    if (merge->next == merge->count || !slice_equal(merge->keys[merge->next], key))
        return false;
    if (!merge->open)
        replica_writer_merge_begin(merge->writer, merge->kind, &merge->keys[merge->next]);
    merge->open = true;
    return true;
}

void row_merge_row(struct row_merge *merge, const struct slice *texts)
{
    union schema_row row;
    struct problem reason;
    if (!open_group(merge, name_key(merge, texts)))
        return;
    if (row_parse(merge->kind, texts, &row, &reason)) {
        replica_writer_merge_row(merge->writer, &row);
        return;
    }
    merge->bad++;
    bad_row_report(merge->kind, texts, reason.text);
    replica_writer_merge_keep(merge->writer, texts[0], texts[1]);
}

void row_merge_end(struct row_merge *merge)
{
    if (!merge->keys)
        close_group(merge);
    while (merge->next < merge->count)
        pass_key(merge);
}

void row_merge_stop(struct row_merge *merge)
{
    add_merged(merge, replica_writer_merge_stop(merge->writer));
}
