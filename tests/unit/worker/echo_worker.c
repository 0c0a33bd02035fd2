// SPDX-License-Identifier: BSD-2-Clause
// A worker for the tests of the pool. It answers a request with its own process id and the request, but
//   crash   ends in it            spin   never ends it         mute   gives no reply
//   idle    ends after it, while at work on no request         late   answers after a second
//   long    answers with more than anybody takes               close  closes the channel, and lives on
#include "worker/worker_board.h"
#include "worker/worker_serve.h"

#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct worker_serve *serve;
static struct event_base *base;
static unsigned channels[WORKER_CHANNELS_MAX];

static bool says(struct slice request, const char *word)
{
    return request.len >= strlen(word) && memcmp(request.ptr, word, strlen(word)) == 0;
}

static void answer(unsigned channel, struct slice request)
{
    char reply[4096];
    int len = snprintf(reply, sizeof reply, "%d %.*s", (int)getpid(), (int)request.len, request.ptr);
    worker_serve_reply(serve, channel, slice_make(reply, (size_t)len));
}

static void on_late(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    answer(*(const unsigned *)arg, SLICE("late"));
}

static void on_idle(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what, (void)arg;
    raise(SIGKILL);
}

static void answer_long(unsigned channel)
{
    static char reply[60000];
    worker_serve_reply(serve, channel, slice_make(reply, sizeof reply));
}

static void on_request(unsigned channel, struct slice request, void *arg)
{
    const struct timeval soon = {.tv_sec = 1}, now = {0};
    (void)arg;
    channels[channel] = channel;
    if (says(request, "crash"))
        raise(SIGKILL);
    else if (says(request, "spin"))
        for (volatile unsigned i = 0;; i++)
            ;
    else if (says(request, "idle"))
        event_base_once(base, -1, EV_TIMEOUT, on_idle, NULL, &now);
    else if (says(request, "late"))
        event_base_once(base, -1, EV_TIMEOUT, on_late, &channels[channel], &soon);
    else if (says(request, "close"))
        close(WORKER_CHANNEL_FD + (int)channel);
    else if (says(request, "long"))
        answer_long(channel);
    else if (!says(request, "mute"))
        answer(channel, request);
}

int main(void)
{
    struct problem problem;
    base = event_base_new();
    serve = worker_serve_create(base, on_request, NULL, &problem);
    if (!serve)
        errx(64, "%s", problem.text);
    worker_serve_watch(serve);
    event_base_dispatch(base);
    worker_serve_destroy(serve);
    event_base_free(base);
    return 0;
}
