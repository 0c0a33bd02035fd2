// SPDX-License-Identifier: BSD-2-Clause
// Calls of console_call() over a few connections to PostgreSQL. Calls wait in a queue that is bounded, also
// for each login, whichever of its sessions asks: one customer's slow pages leave connections to the others.
#ifndef CONSOLE_POOL_CALL_POOL_H
#define CONSOLE_POOL_CALL_POOL_H

#include "console/pool/call_outcome.h"

#include <event2/event.h>

enum {
    CALL_POOL_CONNECTIONS_MAX = 32,
    CALL_POOL_QUEUE_MAX = 256,    // calls that wait
    CALL_POOL_LOGIN_MAX = 2,      // calls of a login that run at a time
    CALL_POOL_LOGIN_WAITING = 16, // and that wait
    CALL_POOL_SLOW_MS = 20000,    // that a slow call may take
    CALL_SECRET_MAX = 72          // of a session, with the closing NUL
};

struct call_spec {
    const char *secret; // of a session; "": none
    const char *call;   // NULL: the session's facts only
    const char *params; // JSON
    bool slow; // takes up to CALL_POOL_SLOW_MS. A login has one, and half of the connections are for them:
               // others get CALL_BUSY
    // Called once, from the loop, and never after call_pool_destroy(). `text` is what console_call() returned
    // (JSON), or of CALL_FAULT the message; else NULL.
    void (*on_result)(enum call_rc rc, const char *text, void *arg);
    void *arg;
};

struct call_pool_spec {
    const struct pg_spec *database;
    unsigned connections;
    void (*on_node)(void); // a node has reported its position; may be NULL
};

struct call_pool;

// Out of memory ends the process.
struct call_pool *call_pool_create(struct event_base *base, const struct call_pool_spec *spec);

// Calls that wait or run get CALL_AWAY before it returns. NULL is allowed.
void call_pool_destroy(struct call_pool *pool);

// The texts are copied.
void call_pool_send(struct call_pool *pool, const struct call_spec *spec);

// From now on the session's calls count as those of this login; until then it counts by itself.
void call_pool_know(struct call_pool *pool, const char *secret, const char *login);

unsigned call_pool_waiting(const struct call_pool *pool);

// The number of connections that are there.
unsigned call_pool_ready(const struct call_pool *pool);

#endif
