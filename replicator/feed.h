// SPDX-License-Identifier: BSD-2-Clause
// Rows of one kind as they come from the server, checked and merged into the replica.
#ifndef REPLICATOR_FEED_H
#define REPLICATOR_FEED_H

#include "directory/row.h"
#include "directory/writer.h"

struct feed {
    struct writer *writer;
    enum directory_kind kind;
    const struct slice *keys; // NULL: all rows of the kind
    size_t count, next;
    struct row_key named; // the key that a change of the row under way would name
    bool open;            // a merge of keys[next], or of all, is under way
    struct writer_merged merged;
    size_t bad;
};

// With `keys`, sorted and without doubles, the rows are those of these keys, and one without a row is
// deleted.
void feed_begin(struct feed *feed, struct writer *writer, enum directory_kind kind, const struct slice *keys,
                size_t count);

// The rows are those after this key; empty slices: from the first one.
void feed_begin_after(struct feed *feed, struct writer *writer, enum directory_kind kind, struct slice first,
                      struct slice second);

// One text a field of the kind; rows come in the order of their keys. A bad row is reported, and what is
// stored of it stays.
void feed_row(struct feed *feed, const struct slice *texts);

void feed_end(struct feed *feed);

// Ends with the last row that came: what is stored after it is another slice's.
void feed_stop(struct feed *feed);

#endif
