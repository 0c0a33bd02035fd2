// SPDX-License-Identifier: BSD-2-Clause
#include "worker/worker_supervisor.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define PAUSE_MIN_MS 10
#define LIVED_MS 1000 // a worker that lived that long is started again at once
#define END_WITHIN_MS 2000

void worker_supervisor_wake(struct worker_pool *pool)
{
    const uint64_t one = 1;
    (void)!write(pool->wake, &one, sizeof one);
}

void worker_supervisor_release(struct worker_process *process)
{
    if (--process->holders == 0)
        worker_process_destroy(process);
}

static void log_end(const struct worker_pool *pool, const struct worker_process *process,
                    const struct worker_end *end, int64_t pause_ms)
{
    log_warn("worker ended; it is started again program=%s pid=%d %s=%d in_ms=%lld", pool->spec.argv[0],
             (int)process->pid, end->signalled ? "signal" : "status", end->number, (long long)pause_ms);
}

static int64_t next_pause(const struct worker_pool *pool, int64_t last)
{
    int64_t pause = last ? 2 * last : PAUSE_MIN_MS;
    return pause < pool->spec.pause_max_ms ? pause : pool->spec.pause_max_ms;
}

// The process has ended: its callers find that out by themselves.
static void reap(struct worker_pool *pool, struct worker_slot *slot, const struct worker_end *end)
{
    struct worker_process *process = slot->process;
    int64_t now = clock_mono_ms();
    slot->pause_ms = now - process->started < LIVED_MS ? next_pause(pool, slot->pause_ms) : 0;
    log_end(pool, process, end, slot->pause_ms);
    pthread_mutex_lock(&pool->lock);
    slot->start_at = now + slot->pause_ms;
    slot->failed_starts = process->replied ? 0 : slot->failed_starts + 1;
    slot->process = NULL;
    process->gone = true;
    pool->counts.running--;
    worker_supervisor_release(process);
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
}

static int start(struct worker_pool *pool, struct worker_slot *slot)
{
    struct worker_process *process = worker_process_start(pool->spec.argv, pool->spec.channels);
    int error = process ? 0 : errno;
    pthread_mutex_lock(&pool->lock);
    slot->process = process;
    if (process) {
        pool->counts.running++;
    } else {
        slot->failed_starts++;
        slot->pause_ms = next_pause(pool, slot->pause_ms);
        slot->start_at = clock_mono_ms() + slot->pause_ms;
    }
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
    return error;
}

static void start_again(struct worker_pool *pool, struct worker_slot *slot)
{
    int error = start(pool, slot);
    if (error != 0) {
        log_error("cannot start worker program=%s again_in_ms=%lld: %s", pool->spec.argv[0],
                  (long long)slot->pause_ms, strerror(error));
        return;
    }
    pthread_mutex_lock(&pool->lock);
    pool->counts.restarts++;
    pthread_mutex_unlock(&pool->lock);
}

// Kills workers that a caller gave up; returns whether to continue.
static bool look_at_callers(struct worker_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    bool go_on = !pool->stopping;
    for (unsigned i = 0; i < pool->spec.workers; i++)
        if (pool->slots[i].process && pool->slots[i].process->gone)
            worker_process_kill(pool->slots[i].process);
    pthread_mutex_unlock(&pool->lock);
    return go_on;
}

// Waits for the next event: a caller's wake, the end of a process, the time to start one.
static void wait_for_work(struct worker_pool *pool)
{
    struct pollfd waits[1 + WORKER_POOL_WORKERS_MAX] = {{.fd = pool->wake, .events = POLLIN}};
    int64_t now = clock_mono_ms(), due = INT64_MAX;
    uint64_t count;
    for (unsigned i = 0; i < pool->spec.workers; i++) {
        const struct worker_slot *slot = &pool->slots[i];
        waits[1 + i] = (struct pollfd){slot->process ? slot->process->pidfd : -1, POLLIN, 0};
        if (!slot->process && slot->start_at < due)
            due = slot->start_at;
    }
    int ms = due == INT64_MAX ? -1 : due > now ? (int)(due - now) : 0;
    if (poll(waits, 1 + pool->spec.workers, ms) > 0 && waits[0].revents)
        (void)!read(pool->wake, &count, sizeof count);
}

static void *supervise(void *arg)
{
    struct worker_pool *pool = arg;
    while (look_at_callers(pool)) {
        for (unsigned i = 0; i < pool->spec.workers; i++) {
            struct worker_slot *slot = &pool->slots[i];
            struct worker_end end;
            if (slot->process && worker_process_wait(slot->process, 0, &end))
                reap(pool, slot, &end);
            if (!slot->process && slot->start_at <= clock_mono_ms())
                start_again(pool, slot);
        }
        wait_for_work(pool);
    }
    log_flush();
    return NULL;
}

// The thread gets no signal: they are for the program's own.
static int start_thread(struct worker_pool *pool)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&pool->supervisor, NULL, supervise, pool);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

static void end_workers(struct worker_pool *pool)
{
    int64_t deadline = clock_mono_ms() + END_WITHIN_MS;
    struct worker_end end;
    for (unsigned i = 0; i < pool->spec.workers; i++)
        if (pool->slots[i].process)
            worker_process_hang_up(pool->slots[i].process);
    for (unsigned i = 0; i < pool->spec.workers; i++) {
        struct worker_process *process = pool->slots[i].process;
        int64_t left = deadline - clock_mono_ms();
        if (process && !worker_process_wait(process, left > 0 ? (int)left : 0, &end)) {
            worker_process_kill(process);
            (void)!worker_process_wait(process, -1, &end);
        }
        worker_process_destroy(process);
        pool->slots[i].process = NULL;
    }
}

int worker_supervisor_start(struct worker_pool *pool)
{
    int rc = 0;
    pool->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pool->wake < 0)
        return errno;
    for (unsigned i = 0; i < pool->spec.workers && rc == 0; i++)
        rc = start(pool, &pool->slots[i]);
    if (rc == 0)
        rc = start_thread(pool);
    if (rc != 0) {
        end_workers(pool);
        close(pool->wake);
    }
    return rc;
}

void worker_supervisor_stop(struct worker_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_mutex_unlock(&pool->lock);
    worker_supervisor_wake(pool);
    pthread_join(pool->supervisor, NULL);
    end_workers(pool);
    close(pool->wake);
}
