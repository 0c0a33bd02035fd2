// SPDX-License-Identifier: BSD-2-Clause
// What writer.c and writer_merge.c share; nobody else includes it.
#ifndef DIRECTORY_WRITER_INTERNAL_H
#define DIRECTORY_WRITER_INTERNAL_H

#include "directory/damage.h"
#include "directory/layout.h"
#include "directory/writer.h"

#include <sys/types.h>

struct writer_merge {
    enum directory_kind kind;
    bool grouped;
    bool exact;            // of the group, the key is `prefix`; else keys begin with it
    bool done;             // nothing stored is left in front of the cursor
    bool append;           // each new row so far stood behind all others
    struct row_key prefix; // grouped
    MDB_cursor *cursor;
    struct writer_merged merged;
};

struct writer {
    char *path;
    int lock; // held while we write (flock)
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi[LAYOUT_TABLES];
    dev_t device;
    ino_t inode;
    off_t suspicions;      // how often processes have met damage since the last good commit
    enum writer_rc status; // the first failure of this transaction
    struct writer_merge merge;
    struct problem problem;
    struct problem damage; // why the file that was there was set aside; "": it was not
};

// Keeps the first failure. Returns whether all is well so far.
bool writer_check(struct writer *writer, int rc);

// Makes the file as long as its pages are; see writer_open.c.
void writer_extend(const struct writer *writer);

// Forgets what processes suspected: the file has been written since.
void writer_trust(struct writer *writer);

// Puts or deletes what is derived from the row with this key and value.
void writer_derive(struct writer *writer, enum directory_kind kind, struct slice key, struct slice value,
                   bool put);

#endif
