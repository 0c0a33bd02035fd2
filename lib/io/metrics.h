// SPDX-License-Identifier: BSD-2-Clause
// GET /metrics: the counters of base/counter.h over HTTP (evhttp); / points there, and /health replies "ok"
// from the loop, so that a process that hangs does not.
#ifndef IO_METRICS_H
#define IO_METRICS_H

#include "base/problem.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct metrics;

struct metrics_spec {
    const char *address;   // as in io/socket_address.h
    uid_t owner;           // of a Unix socket that root makes
    void (*refresh)(void); // before each answer of /metrics; may be NULL
};

// One per process. Returns NULL with a human-readable message in `problem`.
struct metrics *metrics_create(struct event_base *base, const struct metrics_spec *spec,
                               struct problem *problem);

// NULL is allowed.
void metrics_destroy(struct metrics *metrics);

#endif
