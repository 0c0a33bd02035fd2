// SPDX-License-Identifier: BSD-2-Clause
// queuewatch's parts, put together and taken apart; each is the function of struct daemon_spec that has its
// name.
#ifndef QUEUEWATCH_QUEUEWATCH_H
#define QUEUEWATCH_QUEUEWATCH_H

#include "base/problem.h"

#include <event2/event.h>

bool queuewatch_start(struct event_base *base, struct problem *problem);
bool queuewatch_run(struct event_base *base, struct problem *problem);
void queuewatch_finish(void);
void queuewatch_refresh(void);

#endif
