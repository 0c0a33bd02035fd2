// SPDX-License-Identifier: BSD-2-Clause
// The settings and the counts of a pool.
#ifndef WORKER_WORKER_POOL_SPEC_H
#define WORKER_WORKER_POOL_SPEC_H

#include <stdint.h>

#define WORKER_POOL_WORKERS_MAX 64
#define WORKER_POOL_CHANNELS_MAX 1024
#define WORKER_REQUEST_MAX 65536 // bytes

struct worker_pool_spec {
    const char *const *argv; // of the worker; argv[0] is the program's path; to live as long as the pool
    unsigned workers;        // processes, 1 to WORKER_POOL_WORKERS_MAX
    unsigned channels;       // requests at once in each, 1 to WORKER_POOL_CHANNELS_MAX
    int64_t pause_max_ms;    // the longest pause before a worker that keeps ending is started again
};

struct worker_pool_counts {
    uint64_t calls, busy, timeouts, lost, restarts;
    unsigned running; // workers
};

#endif
