// SPDX-License-Identifier: BSD-2-Clause
// The replica as the replicator holds it: the writer, and the notes kept with the rows.
#ifndef REPLICATOR_STORE_H
#define REPLICATOR_STORE_H

#include "directory/writer.h"

struct store {
    const char *path;
    size_t map_size;
    struct writer *writer; // NULL while it cannot be opened
    char *position;        // a pg_snapshot: all that it sees is in the replica; "" in a new replica
    char *epoch;           // of the position
    char *confirmed;       // the last confirmation that was used, "" for none
    char problem[512];     // why the last call failed
};

void store_init(struct store *store, const char *path, size_t map_size);
void store_finish(struct store *store);

// Opens the replica where it is not open, or was removed or replaced meanwhile, and reads the notes.
enum writer_rc store_open(struct store *store) __attribute__((warn_unused_result));

// Starts a transaction that replaces everything where the stored layout is not ours.
enum writer_rc store_begin(struct store *store) __attribute__((warn_unused_result));

// What a commit notes.
struct store_notes {
    const char *position, *epoch;
    const char *confirmed; // NULL: as before
};

// Commits rows and notes as one. After a failure the replica is as it was, and it is opened anew with the
// next call of store_open.
enum writer_rc store_commit(struct store *store, const struct store_notes *notes)
    __attribute__((warn_unused_result));

// Drops what the transaction did and takes the position on in memory only: there was nothing to write.
void store_advance(struct store *store, const struct store_notes *notes);

#endif
