// SPDX-License-Identifier: BSD-2-Clause
// Follows the change log: LISTEN, commit, then read; a notification only wakes it, a poll finds what
// notifications miss. Each round reads, in one snapshot of the server, the changes that the last one did not
// see, and commits rows and position as one.
#ifndef REPLICATOR_FOLLOW_H
#define REPLICATOR_FOLLOW_H

#include "base/problem.h"

#include <event2/event.h>

// The hooks of the daemon, in the order of their calls. One process follows one database.
bool follow_prepare(struct event_base *base, struct problem *problem);
bool follow_start(struct event_base *base, struct problem *problem);
void follow_refresh(void);
void follow_finish(void);

#endif
