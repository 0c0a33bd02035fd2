// SPDX-License-Identifier: BSD-2-Clause
// A pool of worker processes for work that may crash or spin: a request goes to a worker over a socket, its
// reply comes back. Callers are threads; each waits for its own reply, and for no longer than it says. A
// worker that ends is started again, after a pause if it ends often. The request that it was processing is
// lost; its other requests are sent to its successor, so that one bad request harms no other.
#ifndef WORKER_WORKER_POOL_H
#define WORKER_WORKER_POOL_H

#include "base/problem.h"
#include "base/slice.h"
#include "worker/worker_pool_spec.h"

struct worker_pool;

enum worker_rc {
    WORKER_OK,
    WORKER_BUSY,    // every channel stayed taken until the deadline
    WORKER_TIMEOUT, // no reply by the deadline
    WORKER_LOST,    // the worker ended while processing this request, or two workers that had it ended
    WORKER_AWAY,    // no worker can be started: none of the last ones lived to give a reply
};

// Starts the workers, with no environment, stdin and stdout at /dev/null, and no file but stderr and what
// worker_serve takes over. Returns NULL with a human-readable message in `problem`.
struct worker_pool *worker_pool_create(const struct worker_pool_spec *spec, struct problem *problem);

// No call may be in flight. Ends the workers and waits for them. NULL is allowed.
void worker_pool_destroy(struct worker_pool *pool);

// Sends `request` and waits for its reply at most `within_ms`. Calls with the same `key` go to the same
// worker while it has room, so that it finds what it looked up before. `*reply_len` is written with
// WORKER_OK. Safe to call from any thread. A worker that has not even taken up a request within 3 s hangs,
// and is killed.
enum worker_rc worker_pool_call(struct worker_pool *pool, uint64_t key, struct slice request, char *reply,
                                size_t reply_size, size_t *reply_len, int64_t within_ms)
    __attribute__((warn_unused_result));

void worker_pool_read_counts(struct worker_pool *pool, struct worker_pool_counts *out);

#endif
