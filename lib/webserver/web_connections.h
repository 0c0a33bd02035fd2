// SPDX-License-Identifier: BSD-2-Clause
// The connections of an evhttp server: evhttp of libevent 2.1 does not bound their number, nor the time that
// a request takes to arrive, a byte now and then.
#ifndef WEBSERVER_WEB_CONNECTIONS_H
#define WEBSERVER_WEB_CONNECTIONS_H

#include "io/http_accept.h"

#include <event2/bufferevent.h>
#include <stdint.h>

enum web_phase {
    WEB_PHASE_READING, // a request is to arrive
    WEB_PHASE_HELD,    // one has arrived, and waits for its answer
    WEB_PHASE_WRITING  // the answer leaves
};

struct web_connection {
    struct bufferevent *stream; // one reference of this module's
    enum web_phase phase;
    int64_t since_ms; // the phase's begin
    struct web_connection *prev, *next;
};

struct web_connections {
    struct http_accept *accept;
    struct web_connection *all;
    struct loop_timer sweep;
    unsigned count, max;
    int64_t phase_max_ms; // of reading and writing
    bool paused;
    bool closing;
};

// Watches the connections that `http` accepts by `accept`: no more than `max`, others wait in the backlog;
// one that takes longer than `phase_max_ms` to send a request, or to take its answer, is closed.
void web_connections_init(struct web_connections *connections, struct event_base *base, struct evhttp *http,
                          struct http_accept *accept, unsigned max, int64_t phase_max_ms);

// Before evhttp_free(). A zeroed one is allowed.
void web_connections_finish(struct web_connections *connections);

// Notes the phase of the connection of a request.
void web_connections_note(struct web_connections *connections, struct evhttp_request *request,
                          enum web_phase phase);

// Accepts no more.
void web_connections_close(struct web_connections *connections);

// The number of connections that are in one of the last two phases.
unsigned web_connections_busy(const struct web_connections *connections);

#endif
