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
    size_t to;   // behind the last one
    char *unsent;
    size_t unsent_len;
    bool deferred;
    bool ended;       // the peer sends nothing more
    bool broken;      // nor takes anything
    bool in_callback; // on_input or on_close is on the stack: freed when it returns
    bool destroyed;
    void *pending;
};

static bool waits(const struct connection *session)
{
    return session->deferred || session->unsent_len;
}

// A client that goes on sending while its request is answered fills its own socket, not our memory. What a
// deferred request consists of must not move.
static bool wants_input(const struct connection *session)
{
    if (session->ended)
        return false;
    if (session->deferred)
        return session->to < session->size;
    return session->to - session->from < session->spec.request_max;
}

static void on_event(evutil_socket_t fd, short what, void *arg);

static void watch(struct connection *session)
{
    const short events = (short)((wants_input(session) ? EV_READ : 0) | (session->unsent_len ? EV_WRITE : 0));
    if (events == session->watched)
        return;
    event_del(session->event);
    session->watched = events;
    if (events && (event_assign(session->event, session->base, session->fd, (short)(events | EV_PERSIST),
                                on_event, session) != 0 ||
                   event_add(session->event, NULL) != 0))
        memory_exhausted();
}

// A single long request must not keep its memory for as long as the client stays.
static void tidy(struct connection *session)
{
    if (session->from != session->to)
        return;
    session->from = session->to = 0;
    if (session->size <= BUFFER_FIRST)
        return;
    free(session->buffer);
    session->buffer = NULL;
    session->size = 0;
}

static void free_session(struct connection *session)
{
    free(session->buffer);
    free(session->unsent);
    free(session);
}

// Hands unread bytes to the framer until it takes nothing more or waits for an answer, then settles what to
// wait for.
static void go_on(struct connection *session)
{
    session->in_callback = true;
    while (!waits(session) && !session->broken && !session->destroyed && session->from < session->to) {
        const struct slice in = slice_make(session->buffer + session->from, session->to - session->from);
        const size_t used = session->spec.on_input(session, in);
        if (used == 0)
            break;
        session->from += used;
    }
    session->in_callback = false;
    const bool too_long = session->to - session->from >= session->spec.request_max;
    if (session->destroyed) {
        free_session(session);
    } else if (session->broken || (!waits(session) && (session->ended || too_long))) {
        connection_destroy(session);
    } else {
        if (!session->deferred)
            tidy(session);
        watch(session);
    }
}

// Makes room behind `to`; false without memory.
static bool make_room(struct connection *session)
{
    if (session->to < session->size)
        return true;
    if (session->from > 0) {
        memmove(session->buffer, session->buffer + session->from, session->to - session->from);
        session->to -= session->from;
        session->from = 0;
        return true;
    }
    size_t size = session->size ? session->size * 2 : BUFFER_FIRST;
    if (size > session->spec.request_max)
        size = session->spec.request_max;
    char *buffer = realloc(session->buffer, size);
    if (!buffer)
        return false;
    session->buffer = buffer;
    session->size = size;
    return true;
}

static void take_input(struct connection *session)
{
    if (!make_room(session)) {
        session->broken = true;
        return;
    }
    const ssize_t got = read(session->fd, session->buffer + session->to, session->size - session->to);
    if (got > 0)
        session->to += (size_t)got;
    else if (got == 0)
        session->ended = true;
    else if (errno != EAGAIN && errno != EINTR)
        session->broken = true;
}

static void send_rest(struct connection *session)
{
    const ssize_t sent = send(session->fd, session->unsent, session->unsent_len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
        session->broken = errno != EAGAIN && errno != EINTR;
        return;
    }
    session->unsent_len -= (size_t)sent;
    memmove(session->unsent, session->unsent + sent, session->unsent_len);
    if (session->unsent_len)
        return;
    free(session->unsent);
    session->unsent = NULL;
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    struct connection *session = arg;
    (void)fd;
    if ((what & EV_WRITE) && session->unsent_len)
        send_rest(session);
    if ((what & EV_READ) && wants_input(session))
        take_input(session);
    go_on(session);
}

struct connection *connection_create(struct event_base *base, int fd, const struct connection_spec *spec)
{
    struct connection *session = calloc(1, sizeof *session);
    if (!session) {
        close(fd);
        return NULL;
    }
    session->fd = fd;
    session->base = base;
    session->spec = *spec;
    session->watched = EV_READ;
    session->event = event_new(base, fd, EV_READ | EV_PERSIST, on_event, session);
    if (!session->event || event_add(session->event, NULL) != 0) {
        session->spec.on_close = NULL;
        connection_destroy(session);
        return NULL;
    }
    return session;
}

void connection_destroy(struct connection *session)
{
    if (!session || session->destroyed)
        return;
    const bool nested = session->in_callback;
    session->destroyed = session->in_callback = true;
    if (session->spec.on_close)
        session->spec.on_close(session);
    session->in_callback = nested;
    if (session->event)
        event_free(session->event);
    close(session->fd);
    if (!nested)
        free_session(session);
}

void connection_defer(struct connection *session)
{
    session->deferred = true;
}

static void keep_rest(struct connection *session, struct slice rest)
{
    if (rest.len == 0)
        return;
    char *unsent = realloc(session->unsent, session->unsent_len + rest.len);
    if (!unsent) {
        session->broken = true;
        return;
    }
    memcpy(unsent + session->unsent_len, rest.ptr, rest.len);
    session->unsent = unsent;
    session->unsent_len += rest.len;
}

void connection_reply(struct connection *session, struct slice reply)
{
    if (session->destroyed)
        return;
    session->deferred = false;
    session->pending = NULL;
    ssize_t sent = 0;
    if (!session->unsent_len)
        sent = send(session->fd, reply.ptr, reply.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        session->broken = true;
    else if (sent < (ssize_t)reply.len)
        keep_rest(session, slice_skip(reply, sent > 0 ? (size_t)sent : 0));
    if (session->in_callback)
        return;
    if (session->broken || session->ended || session->from < session->to) {
        event_active(session->event, EV_TIMEOUT, 1);
        return;
    }
    tidy(session);
    watch(session);
}

void *connection_arg(const struct connection *session)
{
    return session->spec.arg;
}

void connection_set_pending(struct connection *session, void *pending)
{
    session->pending = pending;
}

void *connection_pending(const struct connection *session)
{
    return session->pending;
}
