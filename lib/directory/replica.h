// SPDX-License-Identifier: BSD-2-Clause
// One LMDB environment opened for reading, with the cursors to read it without allocation. Below
// directory.h; no other file includes it.
#ifndef DIRECTORY_REPLICA_H
#define DIRECTORY_REPLICA_H

#include "base/problem.h"
#include "directory/layout.h"

#include <sys/types.h>

struct replica {
    MDB_env *env;
    MDB_txn *txn; // reset between snapshots; keeps its place in the reader table
    MDB_dbi dbi[LAYOUT_TABLES];
    MDB_cursor *cursor[LAYOUT_TABLES]; // NULL until it is first used
    bool current[LAYOUT_TABLES];       // the cursor was renewed for this snapshot
    uint64_t checked;                  // the transaction in which the layout was last looked at
    dev_t device;
    ino_t inode, lock_inode; // of data.mdb and lock.mdb
};

// Opens the environment in the folder `path`. Returns NULL with a human-readable message in `problem` if
// there is none, or it is not loaded, of another layout, or unreadable. Writes nothing but the reader table.
struct replica *replica_open(const char *path, struct problem *problem);
void replica_close(struct replica *replica);

// Returns whether `path` still holds this environment, or holds none. A new lock.mdb is another
// environment: the writer does not see readers that are in the old one.
bool replica_in_place(const struct replica *replica, const char *path);

// Takes the newest state; false with a line in `problem`. Each success is followed by replica_release.
bool replica_take(struct replica *replica, struct problem *problem) __attribute__((warn_unused_result));
void replica_release(struct replica *replica);

// A cursor of this snapshot; NULL where LMDB refuses one.
MDB_cursor *replica_cursor(struct replica *replica, unsigned table);

// The entry of exactly this key, as it lies in the replica.
bool replica_get(struct replica *replica, unsigned table, struct slice key, struct slice *stored_key,
                 struct slice *value) __attribute__((warn_unused_result));

// Sets a cursor to the first entry whose key begins with `prefix` and steps `n` further; false where there
// are not so many.
bool replica_nth(struct replica *replica, unsigned table, const struct row_key *prefix, size_t n,
                 struct slice *stored_key, struct slice *value) __attribute__((warn_unused_result));

#endif
