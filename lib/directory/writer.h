// SPDX-License-Identifier: BSD-2-Clause
// The one writer of a replica. Readers see nothing of a transaction until it is committed, and then all of
// it.
#ifndef DIRECTORY_WRITER_H
#define DIRECTORY_WRITER_H

#include "base/problem.h"
#include "directory/schema.h"

#include <stddef.h>

struct writer;

enum writer_rc {
    WRITER_OK,
    WRITER_BUSY,    // another writer has the replica
    WRITER_NO_ROOM, // the file system is full; what was committed stays
    WRITER_FULL,    // the map is full; likewise
    WRITER_FAILED   // anything else that the system or the file does not allow
};

#define WRITER_DAMAGED_FILE "data.mdb.damaged" // what was set aside; one is kept

// Opens or makes the replica in the folder `path` (made where it is missing, group-readable with the
// set-group bit, so that the readers' group is that of the folder). `map_size` bounds the file, in bytes;
// address space is taken, not memory. A file that is there is read whole first, and set aside where it is
// damaged. On failure `*out` is NULL and a human-readable message is in `problem`.
enum writer_rc writer_create(const char *path, size_t map_size, struct writer **out, struct problem *problem)
    __attribute__((warn_unused_result));
void writer_destroy(struct writer *writer);

// Why the file that was there was set aside; NULL where it was not.
const char *writer_damage(const struct writer *writer);

// Whether the folder still holds the file that this writer writes, whole, and no reader suspects it.
bool writer_in_place(const struct writer *writer);

// One transaction at a time. The calls between begin and commit keep the first failure: after one they do
// nothing, and commit returns it and aborts.
enum writer_rc writer_begin(struct writer *writer) __attribute__((warn_unused_result));
enum writer_rc writer_commit(struct writer *writer) __attribute__((warn_unused_result));
void writer_abort(struct writer *writer); // does nothing outside of a transaction
enum writer_rc writer_status(const struct writer *writer);

// The last failure, as a human-readable message. Valid until the next call.
const char *writer_problem(const struct writer *writer);

// Empties all tables: what a reload needs where the stored layout is not ours.
void writer_clear(struct writer *writer);

// Whether the stored rows are of DIRECTORY_LAYOUT; false for a new replica.
bool writer_layout_current(struct writer *writer);

// Words that are kept with the rows, such as the position in the change log. The value read is valid until
// the transaction ends and empty where there is none.
void writer_note(struct writer *writer, const char *word, struct slice value);
struct slice writer_noted(struct writer *writer, const char *word);

// Puts one row in the place of the one with its key.
void writer_put(struct writer *writer, enum directory_kind kind, const union schema_row *row);

// Makes the stored rows of a kind equal to the rows that are given, with as few writes as may be: all of them
// (`group` NULL), or those of the key that a change names (schema_kind.change_fields), which must stay valid.
// Rows should come in the order of their keys as bytes (PostgreSQL's collation "C"); another order costs time
// and nothing else.
void writer_merge_begin(struct writer *writer, enum directory_kind kind, const struct slice *group);
// The same for the rows after a key; with writer_merge_stop for those up to the last row that was given.
void writer_merge_after(struct writer *writer, enum directory_kind kind, struct slice first,
                        struct slice second);
void writer_merge_row(struct writer *writer, const union schema_row *row);
// Keeps the stored row of that key, if there is one; for a row whose new form cannot be.
void writer_merge_keep(struct writer *writer, struct slice first, struct slice second);

struct writer_merged {
    size_t kept, written, deleted; // rows: unchanged, new or changed, gone
};
// Deletes what was stored and not given.
struct writer_merged writer_merge_end(struct writer *writer);
struct writer_merged writer_merge_stop(struct writer *writer);

// How many rows of a kind there are, as of this transaction.
size_t writer_count(struct writer *writer, enum directory_kind kind);

// Frees the places of readers that died without saying so (kill -9): such a place pins every page that was in
// use at its time. Returns how many there were.
int writer_check_readers(struct writer *writer);

// Bytes of the file that hold something, and the bound on them.
void writer_usage(const struct writer *writer, size_t *used, size_t *bound);

#endif
