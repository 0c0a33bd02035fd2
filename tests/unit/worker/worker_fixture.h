// SPDX-License-Identifier: BSD-2-Clause
// Calls of echo_worker.c. What fails in here fails the test.
#ifndef UNIT_WORKER_WORKER_FIXTURE_H
#define UNIT_WORKER_WORKER_FIXTURE_H

#include "worker/worker_pool.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/types.h>

#include <cmocka.h>

#define WITHIN_MS 60000

// Of echo_worker; it is started again after at most 20 ms.
struct worker_pool *make_pool(unsigned workers, unsigned channels);

struct call {
    struct worker_pool *pool;
    uint64_t key;
    const char *request;
    int64_t within_ms;
    enum worker_rc rc;
    char reply[4096];
    int pid; // of the worker that answered
};

// Fills in what the call gave.
void call_run(struct call *call);
// Calls once and returns what came of it.
struct call call_once(struct worker_pool *pool, uint64_t key, const char *request, int64_t within_ms);
pthread_t call_start(struct call *call);

// Checks that the call was answered, with its own request.
void check_answered(const struct call *call);

// Entries of /proc/PID/fd.
unsigned open_files(pid_t pid);

void sleep_ms(long ms);

#endif
