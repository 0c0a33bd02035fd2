// SPDX-License-Identifier: BSD-2-Clause
// Work between rounds: reporting the position, pruning the change log, and naming the sessions that hold a
// lock or the notification queue.
#ifndef REPLICATOR_FOLLOW_CHORE_H
#define REPLICATOR_FOLLOW_CHORE_H

#include "replicator/follow_state.h"

// Starts the chore that is due. Returns false if none is.
bool follow_chore_start(struct follow *follow);

#endif
