// SPDX-License-Identifier: BSD-2-Clause
// Checks passwords and second factors for the console, and opens its sessions. No other process may read a
// hash of an account.
#ifndef CONSOLEAUTH_CONSOLEAUTH_H
#define CONSOLEAUTH_CONSOLEAUTH_H

#include "base/problem.h"

#include <event2/event.h>

bool consoleauth_start(struct event_base *base, struct problem *problem);
bool consoleauth_run(struct event_base *base, struct problem *problem);
void consoleauth_stop(void);
void consoleauth_finish(void);
void consoleauth_refresh(void);

#endif
