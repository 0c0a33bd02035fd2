// SPDX-License-Identifier: BSD-2-Clause
// The thread of a pool that starts and reaps workers, and the state that it shares with callers
// (worker_pool.c).
#ifndef WORKER_WORKER_SUPERVISOR_H
#define WORKER_WORKER_SUPERVISOR_H

#include "worker/worker_pool_spec.h"
#include "worker/worker_process.h"

#include <pthread.h>

// The slot of one worker, which gets a successor when it ends. Written by the supervisor alone.
struct worker_slot {
    struct worker_process *process; // NULL: none runs
    int64_t start_at;               // clock_mono_ms: not before
    int64_t pause_ms;               // the last one
    unsigned failed_starts;         // starts in a row that led to no reply
};

struct worker_pool {
    struct worker_pool_spec spec;
    pthread_mutex_t lock;
    pthread_cond_t changed; // a channel came free, or a worker came or went
    unsigned waiting;       // callers on `changed`
    struct worker_pool_counts counts;
    bool stopping;
    pthread_t supervisor;
    int wake; // eventfd: the supervisor is to look
    struct worker_slot slots[WORKER_POOL_WORKERS_MAX];
};

// Starts all workers, then the thread. Returns 0 or an errno.
int worker_supervisor_start(struct worker_pool *pool);

// Ends the thread, then the workers.
void worker_supervisor_stop(struct worker_pool *pool);

void worker_supervisor_wake(struct worker_pool *pool);

// Lets go of a process; the last to do so frees it. With the lock held.
void worker_supervisor_release(struct worker_process *process);

#endif
