// SPDX-License-Identifier: BSD-2-Clause
#include "io/loop.h"

#include "base/memory.h"

static void on_timeout(evutil_socket_t fd, short what, void *arg)
{
    struct loop_timer *timer = arg;
    (void)fd;
    (void)what;
    timer->fire(timer->arg);
}

void loop_timer_init(struct loop_timer *timer, struct event_base *base, void (*fire)(void *arg), void *arg)
{
    timer->fire = fire;
    timer->arg = arg;
    timer->event = evtimer_new(base, on_timeout, timer);
    if (!timer->event)
        memory_exhausted();
}

void loop_timer_finish(struct loop_timer *timer)
{
    if (timer->event)
        event_free(timer->event);
    timer->event = NULL;
}

void loop_timer_set(struct loop_timer *timer, int64_t ms)
{
    if (ms < 0)
        ms = 0;
    const struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};
    if (evtimer_add(timer->event, &wait) != 0)
        memory_exhausted();
}

void loop_timer_stop(struct loop_timer *timer)
{
    (void)evtimer_del(timer->event);
}

bool loop_timer_running(const struct loop_timer *timer)
{
    return evtimer_pending(timer->event, NULL) != 0;
}
