// SPDX-License-Identifier: BSD-2-Clause
// Timers on libevent's loop, so that the daemons name no libevent type but `struct event_base`.
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

struct loop_timer {
    struct event *event;
    void (*fire)(void *arg);
    void *arg;
};

// Prepares a timer that is not running. Aborts the process if out of memory.
void loop_timer_init(struct loop_timer *timer, struct event_base *base, void (*fire)(void *arg), void *arg);
// Stops it and frees what init made; allowed within its own `fire`, twice, and on a zeroed timer.
void loop_timer_finish(struct loop_timer *timer);

// Fires once, `ms` from now, always from the loop; a running timer is set again, a negative time is 0.
void loop_timer_set(struct loop_timer *timer, int64_t ms);
void loop_timer_stop(struct loop_timer *timer);
bool loop_timer_running(const struct loop_timer *timer);

#endif
