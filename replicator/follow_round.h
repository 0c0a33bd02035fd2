// SPDX-License-Identifier: BSD-2-Clause
// One round: reads the state of the server and the change log in one snapshot, and decides which rows to
// read.
#ifndef REPLICATOR_FOLLOW_ROUND_H
#define REPLICATOR_FOLLOW_ROUND_H

#include "replicator/follow_state.h"

// Starts a round. It ends by follow->on_end, in FOLLOW_IDLE, or, if the connection is lost, in FOLLOW_AWAY.
void follow_round_start(struct follow *follow);

#endif
