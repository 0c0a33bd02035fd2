// SPDX-License-Identifier: BSD-2-Clause
// Notifies systemd, where it runs, of the daemon's state (sd_notify(3)); does nothing elsewhere.
#ifndef IO_READINESS_H
#define IO_READINESS_H

#include <event2/event.h>

void readiness_ready(void);
void readiness_reloading(void);
void readiness_stopping(void);

// Notifies systemd's watchdog (WatchdogSec=, sd_watchdog_enabled(3)) from the loop of `base`, three times per
// interval, so that a daemon whose loop hangs is restarted. Returns the timer, to be freed by event_free, or
// NULL where there is no watchdog.
struct event *readiness_watch(struct event_base *base);

#endif
