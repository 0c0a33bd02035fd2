// SPDX-License-Identifier: BSD-2-Clause
// What the server says about itself and its change log at the start of a round, and what follows from it.
#ifndef REPLICATOR_SERVER_H
#define REPLICATOR_SERVER_H

#include "base/slice.h"

#include <stdint.h>

// The columns of statement_server.
enum server_column {
    SERVER_SNAPSHOT,     // the position that this round reaches
    SERVER_EPOCH,        // within which positions may be compared
    SERVER_VERSION,      // newest migration of the database; null: none
    SERVER_MISSING,      // oldest migration that this release knows and the database lacks; null: none
    SERVER_GAP,          // "t": changes after the stored position were pruned
    SERVER_CONFIRMED,    // "t": an operator confirmed a reload, lately and not yet used
    SERVER_CONFIRMED_AT, // when; null: never
    SERVER_SET_BACK,     // "t": the database is an older one than that which was read
    SERVER_MARKS,        // what tells of that next time, after the changes were followed,
    SERVER_FRESH_MARKS,  // or after all rows were compared
    SERVER_MANY,         // "t": more changes than are taken one by one
    SERVER_OWN_GAP,      // SERVER_GAP of the one kind that the round reads
    SERVER_QUEUE,        // use of the notification queue, 0 to 1
    SERVER_COLUMNS
};

enum server_verdict {
    SERVER_FOLLOW, // read the changes since the stored position
    SERVER_RELOAD, // compare all rows
    SERVER_REFUSE  // not our schema: keep the replica as it is
};

// `position` and `epoch` are what the replica noted, empty in a new one. For SERVER_RELOAD and SERVER_REFUSE
// `why` gets a line for people.
enum server_verdict server_judge(const struct slice columns[SERVER_COLUMNS], struct slice position,
                                 struct slice epoch, char *why, size_t size);

// Whether between the two epochs lies nothing but a crash, so that the change log still says what people did.
bool server_has_crashed(struct slice before, struct slice now);

// How long to wait for a notification before the next round all the same: `interval_ms`, or half a second
// while the notification queue is so full (`queue`, 0 to 1) that writers may not notify (wake() in
// sql/code).
int64_t server_poll_ms(double queue, int64_t interval_ms);

// How many migrations this release knows.
int server_migrations(void);

#endif
