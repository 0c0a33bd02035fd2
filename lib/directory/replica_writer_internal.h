// SPDX-License-Identifier: BSD-2-Clause
// The state of a writer, which replica_writer.c, replica_writer_open.c and replica_writer_merge.c share.
#ifndef DIRECTORY_REPLICA_WRITER_INTERNAL_H
#define DIRECTORY_REPLICA_WRITER_INTERNAL_H

#include "directory/damage.h"
#include "directory/layout.h"
#include "directory/replica_writer.h"

#include <sys/types.h>

struct replica_writer_merge {
    enum directory_kind kind;
    bool grouped;
    bool exact;            // of the group, the key is `prefix`; else keys begin with it
    bool done;             // no stored row is left at or after the cursor
    bool append;           // each new row so far came after all others
    struct row_key prefix; // grouped
    MDB_cursor *cursor;
    struct replica_writer_merged merged;
};

struct replica_writer {
    char *path;
    int lock; // held while we write (flock)
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi[LAYOUT_TABLES];
    dev_t device;
    ino_t inode, lock_inode;       // of data.mdb and lock.mdb
    off_t suspicions;              // reports of damage by processes since the last successful commit
    enum replica_writer_rc status; // the first failure of this transaction
    struct replica_writer_merge merge;
    struct problem problem;
    struct problem damage; // why the file that was there was set aside; "": it was not
};

// Keeps the first failure. Returns whether all is well so far.
bool replica_writer_check(struct replica_writer *writer, int rc);

// Makes the file as long as its pages are; see replica_writer_open.c.
void replica_writer_extend(const struct replica_writer *writer);

// Clears the suspicions that processes reported: the file has been rewritten since.
void replica_writer_trust(struct replica_writer *writer);

// Puts or deletes the entries derived from the row with this key and value.
void replica_writer_derive(struct replica_writer *writer, enum directory_kind kind, struct slice key,
                           struct slice value, bool put);

#endif
