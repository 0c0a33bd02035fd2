// SPDX-License-Identifier: BSD-2-Clause
#include "io/http_accept.h"

#include <event2/listener.h>
#include <string.h>
#include <utlist.h>

// For the one callback to which libevent passes an argument of evhttp.
static struct http_accept *all;

static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    const char *why = strerror(EVUTIL_SOCKET_ERROR());
    struct http_accept *accept;
    (void)arg;
    LL_FOREACH(all, accept)
    if (evhttp_bound_socket_get_listener(accept->bound) == listener) {
        accept->on_error(why);
        evconnlistener_disable(listener);
        loop_timer_set(&accept->resume, accept->pause_ms);
    }
}

static void on_resume(void *arg)
{
    const struct http_accept *accept = arg;
    evconnlistener_enable(evhttp_bound_socket_get_listener(accept->bound));
}

bool http_accept_start(struct http_accept *accept, struct event_base *base, struct evhttp *http,
                       struct listening_socket *socket, int64_t pause_ms, void (*on_error)(const char *why))
{
    struct evhttp_bound_socket *bound = evhttp_accept_socket_with_handle(http, socket->fd);
    if (!bound)
        return false;
    socket->fd = -1;
    *accept = (struct http_accept){.bound = bound, .pause_ms = pause_ms, .on_error = on_error};
    loop_timer_init(&accept->resume, base, on_resume, accept);
    evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(bound), on_accept_error);
    LL_PREPEND(all, accept);
    return true;
}

void http_accept_finish(struct http_accept *accept)
{
    if (!accept->bound)
        return;
    LL_DELETE(all, accept);
    loop_timer_finish(&accept->resume);
    accept->bound = NULL;
}
