// SPDX-License-Identifier: BSD-2-Clause
#include "transfer/transfer_loop.h"

static void collect(struct transfer_loop *loop)
{
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(loop->multi, &left));) {
        CURL *easy = message->easy_handle;
        const CURLcode rc = message->data.result;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_multi_remove_handle(loop->multi, easy);
        loop->on_done(easy, rc);
    }
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
    struct transfer_loop *loop = arg;
    const int ready = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
    int running;
    curl_multi_socket_action(loop->multi, fd, ready, &running);
    collect(loop);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct transfer_loop *loop = arg;
    int running;
    (void)fd;
    (void)what;
    curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(loop);
}

// libcurl asks to wait for a socket. If out of memory its timer ends the transfer.
static int watch_socket(CURL *easy, curl_socket_t fd, int wish, void *arg, void *of_socket)
{
    struct transfer_loop *loop = arg;
    struct event *event = of_socket;
    (void)easy;
    if (event)
        event_free(event);
    event = NULL;
    if (wish != CURL_POLL_REMOVE) {
        const short what =
            (short)((wish & CURL_POLL_IN ? EV_READ : 0) | (wish & CURL_POLL_OUT ? EV_WRITE : 0));
        event = event_new(loop->base, fd, (short)(what | EV_PERSIST), on_socket, loop);
        if (event)
            event_add(event, NULL);
    }
    curl_multi_assign(loop->multi, fd, event);
    return 0;
}

// It may not call libcurl from here: a time of 0 fires from the loop, too.
static int set_timer(CURLM *multi, long ms, void *arg)
{
    struct transfer_loop *loop = arg;
    const struct timeval at = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    (void)multi;
    if (ms < 0)
        event_del(loop->timer);
    else
        event_add(loop->timer, &at);
    return 0;
}

bool transfer_loop_init(struct transfer_loop *loop, struct event_base *base,
                        void (*on_done)(CURL *easy, CURLcode rc))
{
    *loop = (struct transfer_loop){.base = base, .on_done = on_done};
    loop->timer = event_new(base, -1, 0, on_timer, loop);
    loop->multi = curl_multi_init();
    if (!loop->timer || !loop->multi)
        return false;
    curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
    curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
    return true;
}

void transfer_loop_finish(struct transfer_loop *loop)
{
    if (loop->multi)
        curl_multi_cleanup(loop->multi);
    if (loop->timer)
        event_free(loop->timer);
}
