// SPDX-License-Identifier: BSD-2-Clause
// The keys that a round has to read again, ordered by kind and key.
#ifndef REPLICATOR_CHANGED_KEYS_H
#define REPLICATOR_CHANGED_KEYS_H

#include "directory/schema.h"
#include "pg/pg.h"

#define CHANGED_KEYS_CHUNK 500 // read with one statement

struct changed_keys {
    size_t count, next;
    enum directory_kind *kinds;
    struct slice *texts;
    char *bytes; // the memory of the texts
};

enum changed_keys_rc {
    CHANGED_KEYS_OK,
    CHANGED_KEYS_ALL // a whole table changed, or too many rows for one by one: a reload is due
};

// Copies the answer to row_query_changes.
enum changed_keys_rc changed_keys_init(struct changed_keys *keys, const PGresult *changes)
    __attribute__((warn_unused_result));
void changed_keys_finish(struct changed_keys *keys);

// The next keys of one kind, at most CHANGED_KEYS_CHUNK. Returns how many; 0 after the last.
size_t changed_keys_chunk(struct changed_keys *keys, enum directory_kind *kind, const struct slice **texts);

#endif
