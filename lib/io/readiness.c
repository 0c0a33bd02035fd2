// SPDX-License-Identifier: BSD-2-Clause
#include "io/readiness.h"

#include "base/clock.h"
#include "base/memory.h"

#include <inttypes.h>
#include <systemd/sd-daemon.h>

void readiness_ready(void)
{
    (void)sd_notify(0, "READY=1");
}

void readiness_reloading(void)
{
    // Type=notify-reload wants the moment, so that it can tell this reload from the last one.
    (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_mono_us());
}

void readiness_stopping(void)
{
    (void)sd_notify(0, "STOPPING=1");
}

static void on_watchdog(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    (void)sd_notify(0, "WATCHDOG=1");
}

struct event *readiness_watch(struct event_base *base)
{
    uint64_t interval_us;
    if (sd_watchdog_enabled(0, &interval_us) <= 0)
        return NULL;
    interval_us /= 3;
    const struct timeval interval = {.tv_sec = (time_t)(interval_us / 1000000),
                                     .tv_usec = (suseconds_t)(interval_us % 1000000)};
    struct event *timer = memory_or_exit(event_new(base, -1, EV_PERSIST, on_watchdog, NULL));
    (void)event_add(timer, &interval);
    return timer;
}
