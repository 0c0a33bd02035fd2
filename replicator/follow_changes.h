// SPDX-License-Identifier: BSD-2-Clause
// Reading the rows that the change log names.
#ifndef REPLICATOR_FOLLOW_CHANGES_H
#define REPLICATOR_FOLLOW_CHANGES_H

#include "replicator/follow_state.h"

// Reads the changes of the kinds of this round since their position, and the rows that they name. A change of
// a whole table leads to a reload.
void follow_changes_read(struct follow *follow);

#endif
