// SPDX-License-Identifier: BSD-2-Clause
// A framed connection with one request in flight: bytes come in, a framer finds a request, the daemon answers
// at once or later, the answer leaves in one write. An idle client is never closed. A client that has sent
// its last byte (shutdown(2)) still gets its answers; one that does not read them is not read from either.
#ifndef IO_CONNECTION_H
#define IO_CONNECTION_H

#include "base/slice.h"

#include <event2/event.h>

struct connection;

struct connection_spec {
    size_t request_max; // the buffer grows up to this many bytes
    // Called from the loop with all unread bytes whenever some came or a reply was sent. Returns how many it
    // took: 0 for "not complete", after which it is called again with more. It answers a request it found
    // with connection_reply, at once or, after connection_defer, later; until then it is not called again,
    // and what it took stays where it is. A client whose unread bytes reach request_max without any being
    // taken is closed.
    size_t (*on_input)(struct connection *connection, struct slice in);
    // The connection is about to be freed, whoever closed it; a pending answer must be dropped. May be NULL.
    void (*on_close)(struct connection *connection);
    void *arg;
};

// Takes ownership of `fd`. Returns NULL (with fd closed and on_close not called) if out of memory.
struct connection *connection_create(struct event_base *base, int fd, const struct connection_spec *spec);

// Frees it, calling on_close; allowed within on_input too. NULL is allowed.
void connection_destroy(struct connection *connection);

// Within on_input: the request just taken will be answered later, by connection_reply.
void connection_defer(struct connection *connection);

// Sends the reply in one write; what the socket does not take at once follows before the next request is
// looked at. Runs no callback: if the peer is gone, on_close comes from the loop, and so does the next
// request.
void connection_reply(struct connection *connection, struct slice reply);

// Whether an answer is pending: connection_defer was called, connection_reply was not yet.
bool connection_deferred(const struct connection *connection);

void *connection_arg(const struct connection *connection);

#endif
