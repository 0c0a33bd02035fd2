// SPDX-License-Identifier: BSD-2-Clause
// GET /metrics: the counters of base/counter.h over HTTP (evhttp), on loopback or a Unix socket.
#ifndef IO_METRICS_H
#define IO_METRICS_H

#include "base/problem.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

struct metrics;

// Whether `address` is "127.0.0.1:port", "[::1]:port" or "unix:/path"; one that is not loopback is refused.
// Returns false with a human-readable message in `problem`.
bool metrics_address_check(const char *address, struct problem *problem) __attribute__((warn_unused_result));

// One per process. `refresh`, which may be NULL, runs before each answer. Returns NULL with a
// human-readable message in `problem`.
struct metrics *metrics_create(struct event_base *base, const char *address, void (*refresh)(void *arg),
                               void *arg, struct problem *problem);
// NULL is allowed.
void metrics_destroy(struct metrics *metrics);

#endif
