// SPDX-License-Identifier: BSD-2-Clause
// The comparison of all rows: of all kinds that do not lag, or of the domains alone.
#ifndef REPLICATOR_FOLLOW_RELOAD_H
#define REPLICATOR_FOLLOW_RELOAD_H

#include "replicator/follow_state.h"

// Compares all rows of the kinds of this round. `why` is logged. A reload that would drop more than half of
// the domains is refused unless it was confirmed (emailgency.confirm_reload()).
void follow_reload_start(struct follow *follow, const char *why);

#endif
