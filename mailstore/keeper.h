// SPDX-License-Identifier: BSD-2-Clause
// The keeper's parts, put together and taken apart; each is the function of struct daemon_spec that has its
// name.
#ifndef MAILSTORE_KEEPER_H
#define MAILSTORE_KEEPER_H

#include "base/problem.h"

#include <event2/event.h>

bool keeper_start(struct event_base *base, struct problem *problem);
bool keeper_run(struct event_base *base, struct problem *problem);
void keeper_finish(void);
void keeper_refresh(void);

#endif
