// SPDX-License-Identifier: BSD-2-Clause
// The worker's end of a pool (worker_pool.h), on libevent's loop. A worker may process many requests at once,
// one per channel. It ends with its pool; a signal to the pool's process group does not end it before.
#ifndef WORKER_WORKER_SERVE_H
#define WORKER_WORKER_SERVE_H

#include "base/problem.h"
#include "base/slice.h"

#include <event2/event.h>

struct worker_serve;

// A request, which is valid until the callback returns, came in on a channel. Where the one before it on that
// channel has no reply yet, no caller waits for that any more. The callback runs as between
// worker_serve_begin and worker_serve_end.
typedef void (*worker_serve_request)(unsigned channel, struct slice request, void *arg);

// Takes over the descriptors that the pool passed. When the pool goes away, the loop ends. Returns NULL with
// a human-readable message in `problem`, as for a process that no pool has started.
struct worker_serve *worker_serve_create(struct event_base *base, worker_serve_request on_request, void *arg,
                                         struct problem *problem);
void worker_serve_destroy(struct worker_serve *serve);

unsigned worker_serve_channels(const struct worker_serve *serve);

// Answers the last request of a channel, once.
void worker_serve_reply(struct worker_serve *serve, unsigned channel, struct slice reply);

// Work between these two calls is for the request of that channel: if the process ends during it, that
// request is lost and no other.
void worker_serve_begin(struct worker_serve *serve, unsigned channel);
void worker_serve_end(struct worker_serve *serve);

// From now on a loop that takes 2 s of CPU time for one turn ends the process (SIGPROF).
void worker_serve_watch(struct worker_serve *serve);

#endif
