// SPDX-License-Identifier: BSD-2-Clause
// A listening socket and its connections (io/listener.h, io/connection.h), each with a state of the daemon's
// own.
#ifndef IO_SERVER_H
#define IO_SERVER_H

#include "base/counter.h"
#include "base/problem.h"
#include "io/connection.h"

#include <sys/types.h>

struct server;

struct server_spec {
    const char *address; // as in io/listener.h; must outlive the server
    const char *group;   // of a Unix socket; "" leaves it
    mode_t mode;         // of a Unix socket
    uid_t owner;         // of a Unix socket that root makes
    size_t request_max;  // as in io/connection.h
    size_t state_size;   // bytes of a connection's state
    // A peer connected; `state` is zeroed. May be NULL.
    void (*on_open)(struct connection *connection, void *state);
    // As in io/connection.h; server_state has the state.
    size_t (*on_input)(struct connection *connection, struct slice in);
    // The state is about to be freed: a pending answer must be dropped. May be NULL.
    void (*on_close)(void *state);
    struct counter *connections; // a gauge; the caller registers it
};

// Returns NULL with a human-readable message in `problem`.
struct server *server_create(struct event_base *base, const struct server_spec *spec,
                             struct problem *problem);

// Closes the socket and all connections. NULL is allowed.
void server_destroy(struct server *server);

// The state of a connection of a server.
void *server_state(const struct connection *connection);

// Stops accepting connections; existing ones continue. Calls `done` from the loop when no answer is pending,
// or after `within_ms`.
void server_drain(struct server *server, int64_t within_ms, void (*done)(void));

#endif
