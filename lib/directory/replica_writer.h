// SPDX-License-Identifier: BSD-2-Clause
// The only writer of a replica. Readers see nothing of a transaction until it is committed, and then all of
// it.
#ifndef DIRECTORY_REPLICA_WRITER_H
#define DIRECTORY_REPLICA_WRITER_H

#include "base/problem.h"
#include "directory/schema.h"

#include <stddef.h>

struct replica_writer;

enum replica_writer_rc {
    REPLICA_WRITER_OK,
    REPLICA_WRITER_BUSY,    // another writer has the replica
    REPLICA_WRITER_NO_ROOM, // the file system is full; committed data stays
    REPLICA_WRITER_FULL,    // the map is full; likewise
    REPLICA_WRITER_FAILED   // anything else that the system or the file does not allow
};

#define REPLICA_WRITER_DAMAGED_FILE "data.mdb.damaged" // the damaged file; one is kept

// Opens or makes the replica in the folder `path` (made where it is missing, group-readable with the
// set-group bit, so that the readers' group is that of the folder). `map_size` bounds the file, in bytes;
// address space is taken, not memory. A file that is there is read whole first, and set aside where it is
// damaged. On failure `*out` is NULL and a human-readable message is in `problem`.
enum replica_writer_rc replica_writer_create(const char *path, size_t map_size, struct replica_writer **out,
                                             struct problem *problem) __attribute__((warn_unused_result));
void replica_writer_destroy(struct replica_writer *writer);

// Reason why a damaged file was set aside; NULL if none was.
const char *replica_writer_damage(const struct replica_writer *writer);

// Returns whether the folder still holds the files that this writer has open, data.mdb is whole, and no
// reader has reported damage.
bool replica_writer_in_place(const struct replica_writer *writer);

// One transaction at a time. The calls between begin and commit keep the first failure: after one they do
// nothing, and commit returns it and aborts.
enum replica_writer_rc replica_writer_begin(struct replica_writer *writer)
    __attribute__((warn_unused_result));
enum replica_writer_rc replica_writer_commit(struct replica_writer *writer)
    __attribute__((warn_unused_result));
void replica_writer_abort(struct replica_writer *writer); // does nothing outside of a transaction
enum replica_writer_rc replica_writer_status(const struct replica_writer *writer);

// The last failure, as a human-readable message. Valid until the next call.
const char *replica_writer_problem(const struct replica_writer *writer);

// Empties all tables, for a reload over another layout.
void replica_writer_clear(struct replica_writer *writer);

// Returns whether the stored rows are of DIRECTORY_LAYOUT; false for a new replica.
bool replica_writer_layout_current(struct replica_writer *writer);

// Words that are kept with the rows, such as the position in the change log. The value read is valid until
// the transaction ends and empty where there is none.
void replica_writer_note(struct replica_writer *writer, const char *word, struct slice value);
struct slice replica_writer_noted(struct replica_writer *writer, const char *word);

// Puts one row in the place of the one with its key.
void replica_writer_put(struct replica_writer *writer, enum directory_kind kind, const union schema_row *row);

// Makes the stored rows of a kind equal to the rows that are given, with as few writes as may be: all of them
// (`group` NULL), or those of the key that a change names (schema_kind.change_fields), which must stay valid.
// Rows should come in the order of their keys as bytes (PostgreSQL's collation "C"); another order costs time
// and nothing else.
void replica_writer_merge_begin(struct replica_writer *writer, enum directory_kind kind,
                                const struct slice *group);
// The same for the rows after a key; with replica_writer_merge_stop for those up to the last row that was
// given.
void replica_writer_merge_after(struct replica_writer *writer, enum directory_kind kind, struct slice first,
                                struct slice second);
void replica_writer_merge_row(struct replica_writer *writer, const union schema_row *row);
// Keeps the stored row of that key, if there is one; for a row whose new form cannot be.
void replica_writer_merge_keep(struct replica_writer *writer, struct slice first, struct slice second);

struct replica_writer_merged {
    size_t kept, written, deleted; // rows: unchanged, new or changed, gone
};
// Deletes the stored rows that were not given.
struct replica_writer_merged replica_writer_merge_end(struct replica_writer *writer);
struct replica_writer_merged replica_writer_merge_stop(struct replica_writer *writer);

// Number of rows of a kind, as of this transaction.
size_t replica_writer_count(struct replica_writer *writer, enum directory_kind kind);

// Frees the slots of readers that were killed (kill -9): such a slot pins every page that was in use at its
// time. Returns how many there were.
int replica_writer_check_readers(struct replica_writer *writer);

// Bytes of the file in use, and their bound.
void replica_writer_usage(const struct replica_writer *writer, size_t *used, size_t *bound);

#endif
