// SPDX-License-Identifier: BSD-2-Clause
// The SQL of the replicator. Column lists come from the directory's schema.
#ifndef REPLICATOR_ROW_QUERY_H
#define REPLICATOR_ROW_QUERY_H

#include "directory/schema.h"

#include <stddef.h>

#define ROW_QUERY_MAX 2048

// One row on the server and the change log; parameters: stored position, last used confirmation, number of
// migrations, marks of the changes that were read, position of the one kind that the round reads (or ""). The
// columns are those of enum server_column.
extern const char row_query_server_state[];

// (kind, key) of the changes committed since the position in $1, each once, by kind and key; of the kinds in
// the array $2.
extern const char row_query_changes[];

// Kinds of which more than ROW_QUERY_CHANGES_MAX changes came since the position in $1.
extern const char row_query_crowded_kinds[];

// Keys of domains without a row whose changes were committed since the position in $1, in order; none where
// the whole table changed.
extern const char row_query_deleted_domains[];

// pid and login of the session that has table $1 locked against readers.
extern const char row_query_lock_holder[];

// pid, login and start of the transactions that may keep the notification queue from emptying.
extern const char row_query_queue_holders[];

// Maximum of changes that are read one by one; with more the whole kind is read.
#define ROW_QUERY_CHANGES_MAX 20000
#define ROW_QUERY_SLICE 5000 // rows of a kind that are read at once: about 20 ms

enum row_query_part {
    ROW_QUERY_ALL,
    ROW_QUERY_KEYED, // those that the changes in the array $1 name
    ROW_QUERY_AFTER  // at most ROW_QUERY_SLICE after the key in $1 (and $2, of a kind with two key fields)
};

// Selects a kind's fields in the order of its keys.
void row_query_rows(enum directory_kind kind, enum row_query_part part, char out[ROW_QUERY_MAX]);

#endif
