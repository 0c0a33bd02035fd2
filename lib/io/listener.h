// SPDX-License-Identifier: BSD-2-Clause
// A listening socket: made here, or passed in by systemd (sd_listen_fds(3)) under the same address, so that a
// restart refuses no client. It survives EMFILE: it pauses and tries again while clients wait in the backlog.
#ifndef IO_LISTENER_H
#define IO_LISTENER_H

#include "base/problem.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct listener;

struct listener_spec {
    const char *address; // "unix:/absolute/path", "127.0.0.1:port" or "[::1]:port"; must outlive the listener
    mode_t mode;         // of a Unix socket
    const char *group;   // of a Unix socket; NULL or "" leaves it
    uid_t owner;         // of a Unix socket that root makes
    // Takes ownership of the connected, non-blocking, close-on-exec descriptor. May destroy the listener.
    void (*on_accept)(int fd, void *arg);
    void *arg;
};

// Returns NULL with a human-readable message in `problem`. A Unix socket left over by a dead process is
// replaced; one that a live process answers on, and a file that is no socket, is refused and left as it is.
struct listener *listener_create(struct event_base *base, const struct listener_spec *spec,
                                 struct problem *problem);

// Closes it; a Unix socket that was made here is removed. NULL is allowed.
void listener_destroy(struct listener *listener);

#endif
