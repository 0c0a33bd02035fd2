// SPDX-License-Identifier: BSD-2-Clause
// The replica's transaction of one round. Functions that return false have ended the round.
#ifndef REPLICATOR_FOLLOW_WRITE_H
#define REPLICATOR_FOLLOW_WRITE_H

#include "replicator/follow_state.h"

// Makes sure that the replica is open. Returns false, and the round has ended, if it cannot be opened.
bool follow_write_open(struct follow *follow) __attribute__((warn_unused_result));

bool follow_write_begin(struct follow *follow) __attribute__((warn_unused_result));

// Merges one row of follow->merge.kind; the on_row of a question.
void follow_write_row(struct follow *follow, const PGresult *row);

// Adds the counts of follow->merge, which has ended, to those of the round.
void follow_write_add_counts(struct follow *follow);

// The notes to store with the round. `reloaded`: all rows were compared.
struct replica_state_notes follow_write_notes(const struct follow *follow, bool reloaded);

// Commits the rows read, with the notes.
bool follow_write_commit(struct follow *follow, bool reloaded) __attribute__((warn_unused_result));

// Ends the server's transaction after success, and then the round.
void follow_write_end_round(struct follow *follow);

#endif
