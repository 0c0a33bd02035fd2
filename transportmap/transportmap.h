// SPDX-License-Identifier: BSD-2-Clause
// The socketmap daemon's parts, put together and taken apart; each is the function of struct daemon_spec that
// has its name.
#ifndef TRANSPORTMAP_TRANSPORTMAP_H
#define TRANSPORTMAP_TRANSPORTMAP_H

#include "base/problem.h"

#include <event2/event.h>

bool transportmap_start(struct event_base *base, struct problem *problem);
bool transportmap_run(struct event_base *base, struct problem *problem);
void transportmap_reload(void);
void transportmap_finish(void);
void transportmap_refresh(void);

#endif
