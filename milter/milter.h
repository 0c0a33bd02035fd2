// SPDX-License-Identifier: BSD-2-Clause
// The milter's parts, put together and taken apart; each is the function of struct daemon_spec that has its
// name.
#ifndef MILTER_MILTER_H
#define MILTER_MILTER_H

#include <event2/event.h>

const char *milter_start(struct event_base *base);
const char *milter_run(struct event_base *base);
void milter_reload(void);
void milter_stop(void);
void milter_finish(void);
void milter_refresh(void *arg);

#endif
