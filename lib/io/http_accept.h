// SPDX-License-Identifier: BSD-2-Clause
// Connections for an evhttp server, with a pause where none can be accepted: evhttp would try again at once
// and forever, and the process did nothing else.
#ifndef IO_HTTP_ACCEPT_H
#define IO_HTTP_ACCEPT_H

#include "io/listening_socket.h"
#include "io/loop.h"

#include <event2/http.h>
#include <stdbool.h>
#include <stdint.h>

struct http_accept {
    struct evhttp_bound_socket *bound; // NULL: not started
    struct loop_timer resume;
    int64_t pause_ms;
    void (*on_error)(const char *why);
    struct http_accept *next;
};

// Lets `http` serve the connections of `socket`, which is evhttp's to close from then on. Calls `on_error`
// when one cannot be accepted, and accepts no other for `pause_ms`. `accept` stays where it is. Returns false
// if out of memory.
bool http_accept_start(struct http_accept *accept, struct event_base *base, struct evhttp *http,
                       struct listening_socket *socket, int64_t pause_ms, void (*on_error)(const char *why))
    __attribute__((warn_unused_result));

// Before evhttp_free(). One that was not started, or is zeroed, is allowed.
void http_accept_finish(struct http_accept *accept);

#endif
