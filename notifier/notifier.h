// SPDX-License-Identifier: BSD-2-Clause
// The notifier's parts, put together and taken apart; each is the function of struct daemon_spec that has its
// name.
#ifndef NOTIFIER_NOTIFIER_H
#define NOTIFIER_NOTIFIER_H

#include "base/problem.h"

#include <event2/event.h>

bool notifier_start(struct event_base *base, struct problem *problem);
bool notifier_run(struct event_base *base, struct problem *problem);
void notifier_finish(void);
void notifier_refresh(void);

#endif
