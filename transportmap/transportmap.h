// SPDX-License-Identifier: BSD-2-Clause
// The socketmap daemon's parts, put together and taken apart; each is the function of struct daemon_spec that
// has its name.
#ifndef TRANSPORTMAP_TRANSPORTMAP_H
#define TRANSPORTMAP_TRANSPORTMAP_H

#include <event2/event.h>

const char *transportmap_start(struct event_base *base);
const char *transportmap_run(struct event_base *base);
void transportmap_reload(void);
void transportmap_finish(void);
void transportmap_refresh(void *arg);

#endif
