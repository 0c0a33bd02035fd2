// SPDX-License-Identifier: BSD-2-Clause
// A framed connection with one request in flight: bytes come in, a framer finds a request, the daemon answers
// now or later, the answer leaves in one write. An idle client is never closed.
#ifndef IO_SESSION_H
#define IO_SESSION_H

#include "base/slice.h"

#include <event2/event.h>

struct session;

struct session_spec {
    size_t request_max; // the buffer grows up to this many bytes
    // Called with all unread bytes whenever some came or a reply was sent. Returns how many it took: 0 for
    // "not complete", after which it is called again with more. It answers a request it found with
    // session_reply, at once or later; until then it is not called again. It must take something when `in`
    // holds request_max bytes.
    size_t (*on_input)(struct session *session, struct slice in);
    // The session is about to be freed, whoever closed it; a pending answer must be dropped.
    void (*on_close)(struct session *session);
    void *arg;
};

// Takes ownership of `fd`. Returns NULL (with fd closed) without memory.
struct session *session_create(struct event_base *base, int fd, const struct session_spec *spec);

// Frees it, calling on_close. NULL is allowed.
void session_destroy(struct session *session);

// The request in flight will be answered later, by session_reply.
void session_defer(struct session *session);

// Sends the reply in one write. May destroy the session if the peer is gone, but only outside of on_input.
void session_reply(struct session *session, struct slice reply);

void *session_arg(const struct session *session);
// A place for the request in flight; NULL until it is set.
void session_set_pending(struct session *session, void *pending);
void *session_pending(const struct session *session);

#endif
