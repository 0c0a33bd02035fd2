// SPDX-License-Identifier: BSD-2-Clause
// A kind lags while its table is locked, and while so much of it has changed that reading it would delay the
// others. It is read in rounds of its own, which take turns with those of all others.
#ifndef REPLICATOR_FOLLOW_LAGGING_H
#define REPLICATOR_FOLLOW_LAGGING_H

#include "replicator/follow_state.h"

// The kind that the next round reads; DIRECTORY_KINDS: all that do not lag.
enum directory_kind follow_lagging_next(const struct follow *follow);

// The round of one kind, once the server's state is known.
void follow_lagging_read(struct follow *follow);

// Asks which kinds have too many changes. They lag from now on; the round goes on with the others.
void follow_lagging_find_crowded(struct follow *follow);

// The table that the round reads is locked: its kind lags from now on.
void follow_lagging_on_locked(struct follow *follow);

#endif
