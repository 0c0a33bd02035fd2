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
};

static void pause_accepting(struct listener *listener)
{
    log_warn("cannot accept connections, trying again soon: %s; raise the limit of open files address=%s",
             strerror(errno), listener->spec.address);
    event_del(listener->event);
    loop_timer_set(&listener->resume, PAUSE_MS);
}

static void on_resume(void *arg)
{
    struct listener *listener = arg;
    event_add(listener->event, NULL);
}

static void on_readable(evutil_socket_t listen_fd, short what, void *arg)
{
    struct listener *listener = arg;
    (void)what;
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        const int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            listener->spec.on_accept(fd, listener->spec.arg);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            pause_accepting(listener);
            return;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
}

struct listener *listener_create(struct event_base *base, const struct listener_spec *spec, char *problem,
                                 size_t size)
{
    struct listener *listener = calloc(1, sizeof *listener);
    if (!listener) {
        snprintf(problem, size, "out of memory");
        return NULL;
    }
    listener->spec = *spec;
    loop_timer_init(&listener->resume, base, on_resume, listener);
    if (!listening_socket_open(&listener->socket, spec->address, spec->group, spec->mode, problem, size)) {
        listener_destroy(listener);
        return NULL;
    }
    listener->event = event_new(base, listener->socket.fd, EV_READ | EV_PERSIST, on_readable, listener);
    if (!listener->event || event_add(listener->event, NULL) != 0) {
        snprintf(problem, size, "out of memory");
        listener_destroy(listener);
        return NULL;
    }
    return listener;
}

void listener_destroy(struct listener *listener)
{
    if (!listener)
        return;
    if (listener->event)
        event_free(listener->event);
    loop_timer_finish(&listener->resume);
    listening_socket_close(&listener->socket);
    free(listener);
}
