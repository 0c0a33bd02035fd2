// SPDX-License-Identifier: BSD-2-Clause
// The policy daemon's parts, put together and taken apart; each is the function of struct daemon_spec that
// has its name.
#ifndef POLICYD_POLICYD_H
#define POLICYD_POLICYD_H

#include "base/problem.h"

#include <event2/event.h>

bool policyd_start(struct event_base *base, struct problem *problem);
bool policyd_run(struct event_base *base, struct problem *problem);
void policyd_reload(void);
void policyd_stop(void);
void policyd_finish(void);
void policyd_refresh(void);

#endif
