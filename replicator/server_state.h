// SPDX-License-Identifier: BSD-2-Clause
// The state of the server and its change log at the start of a round, and the decision that follows from it.
#ifndef REPLICATOR_SERVER_STATE_H
#define REPLICATOR_SERVER_STATE_H

#include "base/problem.h"
#include "base/slice.h"

#include <stdint.h>

// The columns of row_query_server_state.
enum server_state_column {
    SERVER_STATE_SNAPSHOT,     // the position that this round reaches
    SERVER_STATE_EPOCH,        // within which positions may be compared
    SERVER_STATE_VERSION,      // newest migration of the database; null: none
    SERVER_STATE_MISSING,      // oldest migration of this release that the database lacks; null: none
    SERVER_STATE_GAP,          // "t": changes after the stored position were pruned
    SERVER_STATE_CONFIRMED,    // "t": an operator confirmed a reload, lately and not yet used
    SERVER_STATE_CONFIRMED_AT, // when; null: never
    SERVER_STATE_SET_BACK,     // "t": the database is older than the rows that were read
    SERVER_STATE_MARKS,       // the marks by which the next round sees that, after the changes were followed,
    SERVER_STATE_FRESH_MARKS, // or after all rows were compared
    SERVER_STATE_MANY,        // "t": more changes than are taken one by one
    SERVER_STATE_OWN_GAP,     // SERVER_STATE_GAP of the one kind that the round reads
    SERVER_STATE_QUEUE,       // use of the notification queue, 0 to 1
    SERVER_STATE_COLUMNS
};

enum server_state_verdict {
    SERVER_STATE_FOLLOW, // read the changes since the stored position
    SERVER_STATE_RELOAD, // compare all rows
    SERVER_STATE_REFUSE  // another schema: keep the replica as it is
};

// `position` and `epoch` are those noted in the replica, empty in a new one. For SERVER_STATE_RELOAD and
// SERVER_STATE_REFUSE `why` holds a human-readable reason.
enum server_state_verdict server_state_judge(const struct slice columns[SERVER_STATE_COLUMNS],
                                             struct slice position, struct slice epoch, struct problem *why);

// Returns whether between the two epochs lies nothing but a crash, so that the change log is still
// complete.
bool server_state_has_crashed(struct slice before, struct slice now);

// Time to wait for a notification before the next round starts without one: `interval_ms`, or half a second
// while the notification queue is so full (`queue`, 0 to 1) that writers may not notify (wake() in
// sql/code).
int64_t server_state_poll_ms(double queue, int64_t interval_ms);

// Number of migrations in this release.
int server_state_migrations(void);

#endif
