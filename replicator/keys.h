// SPDX-License-Identifier: BSD-2-Clause
// The keys that a round has to read again, by kind and in order.
#ifndef REPLICATOR_KEYS_H
#define REPLICATOR_KEYS_H

#include "directory/schema.h"
#include "pg/pg.h"

#define KEYS_CHUNK 500 // read with one statement

struct keys {
    size_t count, next;
    enum directory_kind *kinds;
    struct slice *texts;
    char *bytes; // what the texts point into
};

enum keys_rc {
    KEYS_OK,
    KEYS_ALL // a whole table changed, or too many rows for one by one: a reload is due
};

// Takes the answer to statement_changes over.
enum keys_rc keys_init(struct keys *keys, const PGresult *changes) __attribute__((warn_unused_result));
void keys_finish(struct keys *keys);

// The next keys of one kind, at most KEYS_CHUNK. Returns how many; 0 behind the last.
size_t keys_chunk(struct keys *keys, enum directory_kind *kind, const struct slice **texts);

#endif
