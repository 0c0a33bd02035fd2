// SPDX-License-Identifier: BSD-2-Clause
// Rows of one kind as they come from the server, checked and merged into the replica.
#ifndef REPLICATOR_ROW_MERGE_H
#define REPLICATOR_ROW_MERGE_H

#include "directory/replica_writer.h"
#include "directory/row.h"

struct row_merge {
    struct replica_writer *writer;
    enum directory_kind kind;
    const struct slice *keys; // NULL: all rows of the kind
    size_t count, next;
    struct row_key named; // the key that a change of the current row would name
    bool open;            // a merge of keys[next], or of all, has begun
    struct replica_writer_merged merged;
    size_t bad;
};

// With `keys`, sorted and without duplicates, the rows are those of these keys, and one without a row is
// deleted.
void row_merge_begin(struct row_merge *merge, struct replica_writer *writer, enum directory_kind kind,
                     const struct slice *keys, size_t count);

// The rows are those after this key; empty slices: from the first one.
void row_merge_begin_after(struct row_merge *merge, struct replica_writer *writer, enum directory_kind kind,
                           struct slice first, struct slice second);

// One text per field of the kind; rows come in the order of their keys. A bad row is reported, and what is
// stored of it stays.
void row_merge_row(struct row_merge *merge, const struct slice *texts);

void row_merge_end(struct row_merge *merge);

// Ends with the last row that came: rows stored after it belong to another slice.
void row_merge_stop(struct row_merge *merge);

#endif
