// SPDX-License-Identifier: BSD-2-Clause
// The replica as the replicator holds it: the writer, and the notes kept with the rows.
#ifndef REPLICATOR_REPLICA_STATE_H
#define REPLICATOR_REPLICA_STATE_H

#include "directory/writer.h"

struct replica_state {
    const char *path;
    size_t map_size;
    struct writer *writer; // NULL while it cannot be opened
    char *position;        // a pg_snapshot: all that it sees is in the replica; "" in a new replica
    char *epoch;           // of the position
    char *marks;           // what tells that the server was set back; see statement_server
    char *confirmed;       // the last confirmation that was used, "" for none
    // Of each kind that is not at the position: where it is; "" where all of it must be read; else NULL.
    char *behind[DIRECTORY_KINDS];
    char problem[512]; // why the last call failed
};

void replica_state_init(struct replica_state *store, const char *path, size_t map_size);
void replica_state_finish(struct replica_state *store);

// Opens the replica where it is not open, or was removed or replaced meanwhile, and reads the notes.
enum writer_rc replica_state_open(struct replica_state *store) __attribute__((warn_unused_result));

// Starts a transaction that replaces everything where the stored layout is not ours.
enum writer_rc replica_state_begin(struct replica_state *store) __attribute__((warn_unused_result));

// From now on this kind stands behind the others, at `position`, or anywhere (""). In memory; noted with the
// next commit.
void replica_state_leave_behind(struct replica_state *store, enum directory_kind kind, const char *position);

// Whether any kind is behind.
bool replica_state_any_behind(const struct replica_state *store);

// What a commit notes.
struct replica_state_notes {
    const char *position, *epoch, *marks; // NULL: as before
    const char *confirmed;                // NULL: as before
    enum directory_kind caught_up;        // this kind, unless DIRECTORY_KINDS,
    const char *caught_up_to;             // stands there now; NULL: with the others
    bool proved;                          // the replica is current, but for what is behind
};

// Commits rows and notes as one. After a failure the replica is as it was, and it is opened anew with the
// next call of replica_state_open.
enum writer_rc replica_state_commit(struct replica_state *store, const struct replica_state_notes *notes)
    __attribute__((warn_unused_result));

// Drops what the transaction did and takes the position on in memory only: there was nothing to write.
void replica_state_advance(struct replica_state *store, const struct replica_state_notes *notes);

#endif
