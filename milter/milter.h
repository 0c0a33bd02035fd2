// SPDX-License-Identifier: BSD-2-Clause
// The milter's parts, put together and taken apart; each is the function of struct daemon_spec that has its
// name.
#ifndef MILTER_MILTER_H
#define MILTER_MILTER_H

#include "base/problem.h"

#include <event2/event.h>

bool milter_start(struct event_base *base, struct problem *problem);
bool milter_run(struct event_base *base, struct problem *problem);
void milter_reload(void);
void milter_stop(void);
void milter_finish(void);
void milter_refresh(void);

#endif
