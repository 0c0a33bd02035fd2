// SPDX-License-Identifier: BSD-2-Clause
// The SQL of the replicator. Column lists come from the directory's schema.
#ifndef REPLICATOR_STATEMENT_H
#define REPLICATOR_STATEMENT_H

#include "directory/schema.h"

#include <stddef.h>

#define STATEMENT_MAX 2048

// One row on the server and the change log; parameters: stored position, last used confirmation, number of
// migrations. The columns are those of enum server_column.
extern const char statement_server[];

// (kind, key) of what was committed since the position in $1, each once, by kind and key.
extern const char statement_changes[];

// Keys of domains without a row whose changes were committed since the position in $1, in order; none where
// the whole table changed.
extern const char statement_gone[];

// How many changes are taken one by one; more are a reload.
#define STATEMENT_CHANGES_MAX 20000

// Selects a kind's fields in the order of its keys: all rows, or with `keyed` those whose key is in the array
// $1.
void statement_rows(enum directory_kind kind, bool keyed, char out[STATEMENT_MAX]);

#endif
