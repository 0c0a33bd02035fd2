// SPDX-License-Identifier: BSD-2-Clause
// Reading all rows of one kind, a slice per round, so that very many rows do not delay the other kinds.
#ifndef REPLICATOR_FOLLOW_SLICES_H
#define REPLICATOR_FOLLOW_SLICES_H

#include "replicator/follow_state.h"

// Reads the next slice of the one kind of this round, the first one if none is in progress. Domains are read
// whole, because whether too many are gone is known only after the last.
void follow_slices_read(struct follow *follow);

#endif
