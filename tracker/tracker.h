// SPDX-License-Identifier: BSD-2-Clause
// Follows the mail log of this node, and writes what happened to each message.
#ifndef TRACKER_TRACKER_H
#define TRACKER_TRACKER_H

#include "base/problem.h"

#include <event2/event.h>

void tracker_probe(void);
bool tracker_start(struct event_base *base, struct problem *problem);
bool tracker_run(struct event_base *base, struct problem *problem);
void tracker_finish(void);
void tracker_refresh(void);

#endif
