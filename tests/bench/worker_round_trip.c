// SPDX-License-Identifier: BSD-2-Clause
// Cost of a round trip to a worker: worker_round_trip WORKER [CALLS] [THREADS]
// with tests/unit/worker/echo_worker. Prints microseconds.
#include "worker/worker_pool.h"

#include <err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct worker_pool *pool;
static unsigned long calls = 100000;

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void *run(void *arg)
{
    int64_t *taken = arg;
    char reply[4096];
    size_t len;
    for (unsigned long i = 0; i < calls; i++) {
        int64_t began = now_ns();
        if (worker_pool_call(pool, 0, SLICE("hello"), reply, sizeof reply, &len, 20000) != WORKER_OK)
            errx(1, "a call failed");
        taken[i] = now_ns() - began;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    struct problem problem;
    const char *const worker[] = {argc > 1 ? argv[1] : "", NULL};
    unsigned long threads = argc > 3 ? strtoul(argv[3], NULL, 10) : 1;
    calls = argc > 2 ? strtoul(argv[2], NULL, 10) : calls;
    if (threads < 1 || threads > 64 || calls < 1)
        errx(2, "usage: worker_round_trip WORKER [CALLS] [THREADS, 1 to 64]");
    pool = worker_pool_create(&(struct worker_pool_spec){worker, 1, 64, 1000}, &problem);
    if (!pool)
        errx(1, "%s", problem.text);
    int64_t *taken = calloc(threads * calls, sizeof *taken), began = now_ns();
    pthread_t ids[64];
    for (unsigned long i = 0; taken && i < threads; i++)
        pthread_create(&ids[i], NULL, run, taken + i * calls);
    for (unsigned long i = 0; taken && i < threads; i++)
        pthread_join(ids[i], NULL);
    int64_t total = now_ns() - began;
    if (taken) {
        unsigned long count = threads * calls, middle = count / 2, rare = count / 100 * 99;
        qsort(taken, count, sizeof *taken, compare);
        printf("median %.1f  p99 %.1f  calls/s %.0f\n", (double)taken[middle] / 1000,
               (double)taken[rare] / 1000, (double)count * 1e9 / (double)total);
    }
    free(taken);
    worker_pool_destroy(pool);
    return 0;
}
