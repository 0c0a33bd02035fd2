// SPDX-License-Identifier: BSD-2-Clause
#include "io/listener.h"

#include "base/log.h"
#include "io/listening_socket.h"
#include "io/loop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { ACCEPTS_A_TURN = 64, PAUSE_MS = 200 };

struct listener {
    struct listening_socket socket;
    struct event *event;
    struct loop_timer resume;
    struct listener_spec spec;
    bool reported;  // that it cannot accept
    bool accepting; // on_accept is on the stack: freed when it returns
    bool destroyed;
};

static void pause_accepting(struct listener *listener)
{
    if (!listener->reported)
        log_warn("cannot accept connections, trying again: %s; raise the limit of open files address=%s",
                 strerror(errno), log_value(slice_from(listener->spec.address)).text);
    listener->reported = true;
    event_del(listener->event);
    loop_timer_set(&listener->resume, PAUSE_MS);
}

static void on_resume(void *arg)
{
    struct listener *listener = arg;
    event_add(listener->event, NULL);
}

// Errors that belong to the one connection, which the peer gave up (accept(2), "Error handling").
static bool concerns_one(int error)
{
    return error == ECONNABORTED || error == EINTR || error == EPROTO || error == EPERM;
}

// False when there is nothing more to accept for now.
static bool accept_one(struct listener *listener)
{
    const int fd = accept4(listener->socket.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        listener->reported = false;
        listener->spec.on_accept(fd, listener->spec.arg);
        return true;
    }
    if (errno == EAGAIN)
        return false;
    if (concerns_one(errno))
        return true;
    pause_accepting(listener);
    return false;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct listener *listener = arg;
    (void)fd;
    (void)what;
    listener->accepting = true;
    for (int i = 0; i < ACCEPTS_A_TURN && !listener->destroyed; i++)
        if (!accept_one(listener))
            break;
    listener->accepting = false;
    if (listener->destroyed)
        free(listener);
}

struct listener *listener_create(struct event_base *base, const struct listener_spec *spec,
                                 struct problem *problem)
{
    struct listener *listener = calloc(1, sizeof *listener);
    if (!listener) {
        problem_set(problem, "out of memory");
        return NULL;
    }
    listener->spec = *spec;
    loop_timer_init(&listener->resume, base, on_resume, listener);
    const struct listening_socket_spec socket = {
        .address = spec->address, .group = spec->group, .mode = spec->mode, .owner = spec->owner};
    if (!listening_socket_open(&listener->socket, &socket, problem)) {
        listener_destroy(listener);
        return NULL;
    }
    listener->event = event_new(base, listener->socket.fd, EV_READ | EV_PERSIST, on_readable, listener);
    if (!listener->event || event_add(listener->event, NULL) != 0) {
        problem_set(problem, "out of memory");
        listener_destroy(listener);
        return NULL;
    }
    return listener;
}

void listener_destroy(struct listener *listener)
{
    if (!listener || listener->destroyed)
        return;
    listener->destroyed = true;
    if (listener->event)
        event_free(listener->event);
    loop_timer_finish(&listener->resume);
    listening_socket_close(&listener->socket);
    if (!listener->accepting)
        free(listener);
}
