// SPDX-License-Identifier: BSD-2-Clause
// The web console: HTTP in, pages out. What it shows and changes it does by PostgreSQL, with the rights of a
// session.
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include "base/problem.h"

#include <event2/event.h>

bool console_start(struct event_base *base, struct problem *problem);
bool console_run(struct event_base *base, struct problem *problem);
void console_reload(void);
void console_stop(void);
void console_finish(void);
void console_refresh(void);

#endif
