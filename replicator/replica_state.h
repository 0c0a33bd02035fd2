// SPDX-License-Identifier: BSD-2-Clause
// The replica of this node: its writer, and the notes stored with the rows.
#ifndef REPLICATOR_REPLICA_STATE_H
#define REPLICATOR_REPLICA_STATE_H

#include "directory/replica_writer.h"

struct replica_state {
    const char *path;
    size_t map_size;
    struct replica_writer *writer; // NULL while it cannot be opened
    char *position;                // a pg_snapshot: all that it sees is in the replica; "" in a new replica
    char *epoch;                   // of the position
    char *marks;     // by which a server that was set back is recognised; see row_query_server_state
    char *confirmed; // the last confirmation that was used, "" for none
    // Per kind: NULL if its rows are at `position`; else it lags, and this is its own position, or "" if all
    // of it must be read.
    char *lagging[DIRECTORY_KINDS];
    struct problem problem; // why the last call failed
};

void replica_state_init(struct replica_state *replica, const char *path, size_t map_size);
void replica_state_finish(struct replica_state *replica);

// Opens the replica if it is not open, or was removed or replaced meanwhile, and reads the notes.
enum replica_writer_rc replica_state_open(struct replica_state *replica) __attribute__((warn_unused_result));

// Starts a transaction. It replaces everything if the stored layout is another one.
enum replica_writer_rc replica_state_begin(struct replica_state *replica) __attribute__((warn_unused_result));

// From now on this kind lags, at `position`; "": all of it must be read. In memory; the next commit stores
// it.
void replica_state_set_lagging(struct replica_state *replica, enum directory_kind kind, const char *position);

// Returns whether any kind lags.
bool replica_state_any_lagging(const struct replica_state *replica);

// The notes that a commit stores.
struct replica_state_notes {
    const char *position, *epoch, *marks; // NULL: as before
    const char *confirmed;                // NULL: as before
    enum directory_kind caught_up;        // this kind, unless DIRECTORY_KINDS,
    const char *caught_up_to;             // is at this position now; NULL: no longer lags
    bool proved;                          // the replica is current, except for the kinds that lag
};

// Commits rows and notes as one. After a failure the replica is as it was, and the next call of
// replica_state_open opens it again.
enum replica_writer_rc replica_state_commit(struct replica_state *replica,
                                            const struct replica_state_notes *notes)
    __attribute__((warn_unused_result));

// Rolls the transaction back and takes the position on in memory only: there was nothing to write.
void replica_state_advance(struct replica_state *replica, const struct replica_state_notes *notes);

#endif
