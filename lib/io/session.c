// SPDX-License-Identifier: BSD-2-Clause
#include "io/session.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER_FIRST = 2048 };

struct session {
    int fd;
    struct event *event;
    struct session_spec spec;
    char *buffer;
    size_t size; // of the buffer
    size_t from; // first unread byte
    size_t to;   // behind the last one
    bool deferred;
    bool in_callback;
    bool closing; // the peer is gone; freed once the callback returns
    void *pending;
};

static void close_session(struct session *session)
{
    if (session->in_callback)
        session->closing = true;
    else
        session_destroy(session);
}

// A single long request must not keep its memory for as long as the client stays.
static void shrink(struct session *session)
{
    if (session->to != 0 || session->size <= BUFFER_FIRST)
        return;
    free(session->buffer);
    session->buffer = NULL;
    session->size = 0;
}

// Hands unread bytes to the framer until it takes nothing more or waits for an answer.
static void consume(struct session *session)
{
    session->in_callback = true;
    while (!session->deferred && !session->closing && session->from < session->to) {
        const struct slice in = slice_make(session->buffer + session->from, session->to - session->from);
        const size_t used = session->spec.on_input(session, in);
        if (used == 0)
            break;
        session->from += used;
    }
    session->in_callback = false;
    if (session->from == session->to)
        session->from = session->to = 0;
    shrink(session);
    if (session->closing)
        session_destroy(session);
}

// Makes room behind `to`; false when request_max bytes are there already or memory is short.
static bool make_room(struct session *session)
{
    if (session->to < session->size)
        return true;
    if (session->from > 0) {
        memmove(session->buffer, session->buffer + session->from, session->to - session->from);
        session->to -= session->from;
        session->from = 0;
        return true;
    }
    if (session->size >= session->spec.request_max)
        return false;
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

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct session *session = arg;
    (void)what;
    if (session->deferred && !make_room(session)) {
        // A client that goes on sending while its request is answered fills its own socket, not our memory.
        event_del(session->event);
        return;
    }
    if (!make_room(session)) {
        session_destroy(session);
        return;
    }
    const ssize_t got = read(fd, session->buffer + session->to, session->size - session->to);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        session_destroy(session);
        return;
    }
    session->to += (size_t)got;
    if (!session->deferred)
        consume(session);
}

struct session *session_create(struct event_base *base, int fd, const struct session_spec *spec)
{
    struct session *session = calloc(1, sizeof *session);
    if (!session) {
        close(fd);
        return NULL;
    }
    session->fd = fd;
    session->spec = *spec;
    session->event = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, session);
    if (!session->event || event_add(session->event, NULL) != 0) {
        session->spec.on_close = NULL;
        session_destroy(session);
        return NULL;
    }
    return session;
}

void session_destroy(struct session *session)
{
    if (!session)
        return;
    if (session->spec.on_close)
        session->spec.on_close(session);
    if (session->event)
        event_free(session->event);
    close(session->fd);
    free(session->buffer);
    free(session);
}

void session_defer(struct session *session)
{
    session->deferred = true;
}

void session_reply(struct session *session, struct slice reply)
{
    const bool late = session->deferred;
    session->deferred = false;
    session->pending = NULL;
    const ssize_t sent = send(session->fd, reply.ptr, reply.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    // One request is in flight and replies are small, so a full socket means a peer that does not read.
    if (sent != (ssize_t)reply.len) {
        close_session(session);
        return;
    }
    if (late && !session->in_callback) {
        event_add(session->event, NULL);
        consume(session);
    }
}

void *session_arg(const struct session *session)
{
    return session->spec.arg;
}

void session_set_pending(struct session *session, void *pending)
{
    session->pending = pending;
}

void *session_pending(const struct session *session)
{
    return session->pending;
}
