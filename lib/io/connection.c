// SPDX-License-Identifier: BSD-2-Clause
#include "io/connection.h"

#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER_FIRST = 2048 };

struct connection {
    int fd;
    struct event_base *base;
    struct event *event;
    short watched;
    struct connection_spec spec;
    char *buffer;
    size_t size; // of the buffer
    size_t from; // first unread byte
    size_t to;   // after the last one
    char *unsent;
    size_t unsent_len;
    bool deferred;
    bool ended;       // the peer sends nothing more
    bool broken;      // nor takes anything
    bool in_callback; // on_input or on_close is on the stack: freed when it returns
    bool destroyed;
};

static bool waits(const struct connection *connection)
{
    return connection->deferred || connection->unsent_len;
}

// A client that keeps sending while its request is answered fills its own socket, not our memory. The bytes
// of a deferred request must not move.
static bool wants_input(const struct connection *connection)
{
    if (connection->ended)
        return false;
    if (connection->deferred)
        return connection->to < connection->size;
    return connection->to - connection->from < connection->spec.request_max;
}

static void on_event(evutil_socket_t fd, short what, void *arg);

static void watch(struct connection *connection)
{
    const short events =
        (short)((wants_input(connection) ? EV_READ : 0) | (connection->unsent_len ? EV_WRITE : 0));
    if (events == connection->watched)
        return;
    event_del(connection->event);
    connection->watched = events;
    if (events && (event_assign(connection->event, connection->base, connection->fd,
                                (short)(events | EV_PERSIST), on_event, connection) != 0 ||
                   event_add(connection->event, NULL) != 0))
        memory_exhausted();
}

// A single long request must not keep its memory for as long as the client stays.
static void tidy(struct connection *connection)
{
    if (connection->from != connection->to)
        return;
    connection->from = connection->to = 0;
    if (connection->size <= BUFFER_FIRST)
        return;
    free(connection->buffer);
    connection->buffer = NULL;
    connection->size = 0;
}

static void free_connection(struct connection *connection)
{
    free(connection->buffer);
    free(connection->unsent);
    free(connection);
}

// Passes unread bytes to the framer until it takes nothing more or waits for an answer, then decides which
// events to wait for.
static void go_on(struct connection *connection)
{
    connection->in_callback = true;
    while (!waits(connection) && !connection->broken && !connection->destroyed &&
           connection->from < connection->to) {
        const struct slice in =
            slice_make(connection->buffer + connection->from, connection->to - connection->from);
        const size_t used = connection->spec.on_input(connection, in);
        if (used == 0)
            break;
        connection->from += used;
    }
    connection->in_callback = false;
    const bool too_long = connection->to - connection->from >= connection->spec.request_max;
    if (connection->destroyed) {
        free_connection(connection);
    } else if (connection->broken || (!waits(connection) && (connection->ended || too_long))) {
        connection_destroy(connection);
    } else {
        if (!connection->deferred)
            tidy(connection);
        watch(connection);
    }
}

// Makes room after `to`; false if out of memory.
static bool make_room(struct connection *connection)
{
    if (connection->to < connection->size)
        return true;
    if (connection->from > 0) {
        memmove(connection->buffer, connection->buffer + connection->from, connection->to - connection->from);
        connection->to -= connection->from;
        connection->from = 0;
        return true;
    }
    size_t size = connection->size ? connection->size * 2 : BUFFER_FIRST;
    if (size > connection->spec.request_max)
        size = connection->spec.request_max;
    char *buffer = realloc(connection->buffer, size);
    if (!buffer)
        return false;
    connection->buffer = buffer;
    connection->size = size;
    return true;
}

static void take_input(struct connection *connection)
{
    if (!make_room(connection)) {
        connection->broken = true;
        return;
    }
    const ssize_t got =
        read(connection->fd, connection->buffer + connection->to, connection->size - connection->to);
    if (got > 0)
        connection->to += (size_t)got;
    else if (got == 0)
        connection->ended = true;
    else if (errno != EAGAIN && errno != EINTR)
        connection->broken = true;
}

static void send_rest(struct connection *connection)
{
    const ssize_t sent =
        send(connection->fd, connection->unsent, connection->unsent_len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
        connection->broken = errno != EAGAIN && errno != EINTR;
        return;
    }
    connection->unsent_len -= (size_t)sent;
    memmove(connection->unsent, connection->unsent + sent, connection->unsent_len);
    if (connection->unsent_len)
        return;
    free(connection->unsent);
    connection->unsent = NULL;
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    struct connection *connection = arg;
    (void)fd;
    if ((what & EV_WRITE) && connection->unsent_len)
        send_rest(connection);
    if ((what & EV_READ) && wants_input(connection))
        take_input(connection);
    go_on(connection);
}

struct connection *connection_create(struct event_base *base, int fd, const struct connection_spec *spec)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection) {
        close(fd);
        return NULL;
    }
    connection->fd = fd;
    connection->base = base;
    connection->spec = *spec;
    connection->watched = EV_READ;
    connection->event = event_new(base, fd, EV_READ | EV_PERSIST, on_event, connection);
    if (!connection->event || event_add(connection->event, NULL) != 0) {
        connection->spec.on_close = NULL;
        connection_destroy(connection);
        return NULL;
    }
    return connection;
}

void connection_destroy(struct connection *connection)
{
    if (!connection || connection->destroyed)
        return;
    const bool nested = connection->in_callback;
    connection->destroyed = connection->in_callback = true;
    if (connection->spec.on_close)
        connection->spec.on_close(connection);
    connection->in_callback = nested;
    if (connection->event)
        event_free(connection->event);
    close(connection->fd);
    if (!nested)
        free_connection(connection);
}

void connection_defer(struct connection *connection)
{
    connection->deferred = true;
}

static void keep_rest(struct connection *connection, struct slice rest)
{
    if (rest.len == 0)
        return;
    char *unsent = realloc(connection->unsent, connection->unsent_len + rest.len);
    if (!unsent) {
        connection->broken = true;
        return;
    }
    memcpy(unsent + connection->unsent_len, rest.ptr, rest.len);
    connection->unsent = unsent;
    connection->unsent_len += rest.len;
}

void connection_reply(struct connection *connection, struct slice reply)
{
    if (connection->destroyed)
        return;
    connection->deferred = false;
    ssize_t sent = 0;
    if (!connection->unsent_len)
        sent = send(connection->fd, reply.ptr, reply.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        connection->broken = true;
    else if (sent < (ssize_t)reply.len)
        keep_rest(connection, slice_skip(reply, sent > 0 ? (size_t)sent : 0));
    if (connection->in_callback)
        return;
    if (connection->broken || connection->ended || connection->from < connection->to) {
        event_active(connection->event, EV_TIMEOUT, 1);
        return;
    }
    tidy(connection);
    watch(connection);
}

bool connection_deferred(const struct connection *connection)
{
    return connection->deferred;
}

void *connection_arg(const struct connection *connection)
{
    return connection->spec.arg;
}
