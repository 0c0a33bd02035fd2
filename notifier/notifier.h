// SPDX-License-Identifier: BSD-2-Clause
// The notifier's parts, put together and taken apart; each is the function of struct daemon_spec that has its
// name.
#ifndef NOTIFIER_NOTIFIER_H
#define NOTIFIER_NOTIFIER_H

#include <event2/event.h>

const char *notifier_start(struct event_base *base);
const char *notifier_run(struct event_base *base);
void notifier_finish(void);
void notifier_refresh(void *arg);

#endif
