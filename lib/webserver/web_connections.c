// SPDX-License-Identifier: BSD-2-Clause
#include "webserver/web_connections.h"

#include "base/clock.h"

#include <event2/http.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <utlist.h>

enum { SWEEP_MS = 500, SWEEP_FULL_MS = 50 };

// evhttp reports no end of a connection, but it takes its callbacks off the stream.
static bool has_ended(const struct web_connection *connection)
{
    bufferevent_event_cb on_event = NULL;
    bufferevent_getcb(connection->stream, NULL, NULL, &on_event, NULL);
    return !on_event;
}

static void forget(struct web_connections *connections, struct web_connection *connection)
{
    DL_DELETE(connections->all, connection);
    connections->count--;
    bufferevent_decref(connection->stream);
    free(connection);
}

static struct evconnlistener *listener_of(const struct web_connections *connections)
{
    return evhttp_bound_socket_get_listener(connections->accept->bound);
}

static void sweep(struct web_connections *connections)
{
    struct web_connection *connection, *next;
    const int64_t oldest = clock_mono_ms() - connections->phase_max_ms;
    DL_FOREACH_SAFE(connections->all, connection, next)
    {
        if (!has_ended(connection) && connection->phase != WEB_PHASE_HELD && connection->since_ms < oldest)
            bufferevent_trigger_event(connection->stream, BEV_EVENT_READING | BEV_EVENT_TIMEOUT, 0);
        if (has_ended(connection))
            forget(connections, connection);
    }
}

static void on_sweep(void *arg)
{
    struct web_connections *connections = arg;
    sweep(connections);
    if (connections->paused && connections->count < connections->max) {
        connections->paused = false;
        if (!connections->closing)
            evconnlistener_enable(listener_of(connections));
    }
    loop_timer_set(&connections->sweep, connections->paused ? SWEEP_FULL_MS : SWEEP_MS);
}

static struct bufferevent *on_connection(struct event_base *base, void *arg)
{
    struct web_connections *connections = arg;
    struct bufferevent *stream = bufferevent_socket_new(base, -1, 0);
    struct web_connection *connection = stream ? calloc(1, sizeof *connection) : NULL;
    if (!connection)
        return stream;
    bufferevent_incref(stream);
    *connection = (struct web_connection){.stream = stream, .since_ms = clock_mono_ms()};
    DL_APPEND(connections->all, connection);
    if (++connections->count >= connections->max) {
        if (!connections->paused)
            loop_timer_set(&connections->sweep, 0);
        connections->paused = true;
        evconnlistener_disable(listener_of(connections));
    }
    return stream;
}

void web_connections_init(struct web_connections *connections, struct event_base *base, struct evhttp *http,
                          struct http_accept *accept, unsigned max, int64_t phase_max_ms)
{
    *connections = (struct web_connections){.accept = accept, .max = max, .phase_max_ms = phase_max_ms};
    loop_timer_init(&connections->sweep, base, on_sweep, connections);
    loop_timer_set(&connections->sweep, SWEEP_MS);
    evhttp_set_bevcb(http, on_connection, connections);
}

void web_connections_finish(struct web_connections *connections)
{
    struct web_connection *connection, *next;
    DL_FOREACH_SAFE(connections->all, connection, next)
    forget(connections, connection);
    loop_timer_finish(&connections->sweep);
}

void web_connections_note(struct web_connections *connections, struct evhttp_request *request,
                          enum web_phase phase)
{
    struct web_connection *connection;
    const struct bufferevent *stream =
        evhttp_connection_get_bufferevent(evhttp_request_get_connection(request));
    DL_SEARCH_SCALAR(connections->all, connection, stream, stream);
    if (connection) {
        connection->phase = phase;
        connection->since_ms = clock_mono_ms();
    }
}

void web_connections_close(struct web_connections *connections)
{
    connections->closing = true;
    evconnlistener_disable(listener_of(connections));
}

unsigned web_connections_busy(const struct web_connections *connections)
{
    const struct web_connection *connection;
    unsigned busy = 0;
    DL_FOREACH(connections->all, connection)
    busy += connection->phase != WEB_PHASE_READING && !has_ended(connection);
    return busy;
}
