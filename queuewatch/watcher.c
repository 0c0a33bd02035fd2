// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/watcher.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
    JOBS_MAX = 64,
    SLICE_MS = 20,    // between two slices of envelopes
    STOP_WITHIN_S = 2 // for the thread
};

struct watcher {
    struct watcher_spec spec;
    pthread_t thread;
    int done_fd;
    atomic_bool stop;

    pthread_mutex_t lock;
    pthread_cond_t changed; // `stop`, `next_list` or `jobs`
    struct watch_list *next_list;
    struct watcher_job *jobs, *done;
    unsigned job_count; // until they are destroyed
    struct sample sample;
    struct cycle_metrics_top top[TALLY_TOP];
    unsigned top_count;
    int64_t cycle_at; // clock_mono_ms; 0: none yet

    // Of the thread alone:
    struct cycle *cycle;
    int64_t cycle_due, walk_due; // clock_mono_ms
    bool complete, is_changed;   // of the last cycle; envelopes were read since
};

static void publish(struct watcher *watcher, const struct tally *tally)
{
    const struct watch_list *list = cycle_list(watcher->cycle);
    struct sample sample = {0};
    sample_write(&sample, tally, list, clock_wall(), watcher->complete);
    pthread_mutex_lock(&watcher->lock);
    struct sample old = watcher->sample;
    watcher->sample = sample;
    watcher->top_count = tally->top_count;
    for (unsigned i = 0; i < tally->top_count; i++) {
        (void)watch_list_name(list, tally->top[i], watcher->top[i].name);
        watcher->top[i].late = tally->targets[tally->top[i]].late;
    }
    watcher->cycle_at = clock_mono_ms();
    pthread_mutex_unlock(&watcher->lock);
    sample_finish(&old);
    cycle_metrics_set(tally, watcher->complete);
}

static void run_cycle(struct watcher *watcher)
{
    struct cycle_result result;
    if (!cycle_run(watcher->cycle, &result))
        return;
    watcher->complete = result.complete;
    watcher->is_changed = false;
    publish(watcher, &result.tally);
    cycle_metrics_set_postfix(result.postfix);
    cycle_metrics_add_cycle(result.took_us);
    log_debug("cycle took_us=%lld incoming=%u active=%u deferred=%u hold=%u unknown=%llu late=%llu",
              (long long)result.took_us, result.tally.queues[QUEUE_INCOMING].messages,
              result.tally.queues[QUEUE_ACTIVE].messages, result.tally.queues[QUEUE_DEFERRED].messages,
              result.tally.queues[QUEUE_HOLD].messages, (unsigned long long)result.tally.unknown,
              (unsigned long long)result.tally.late);
    free(result.tally.targets);
}

// Publishes what envelopes told: that need not wait for the next cycle.
static void recount(struct watcher *watcher)
{
    struct tally tally;
    watcher->is_changed = false;
    cycle_recount(watcher->cycle, &tally);
    publish(watcher, &tally);
    free(tally.targets);
}

static void answer(struct watcher *watcher, struct watcher_job *job)
{
    struct message *messages = memory_or_exit(calloc(job->count, sizeof *messages));
    const size_t count = cycle_oldest(watcher->cycle, slice_from(job->domain), job->count, messages);
    sample_write_messages(&job->answer, messages, count);
    free(messages);
}

static void answer_jobs(struct watcher *watcher, struct watcher_job *jobs)
{
    const uint64_t one = 1;
    while (jobs) {
        struct watcher_job *job = jobs;
        jobs = job->next;
        answer(watcher, job);
        pthread_mutex_lock(&watcher->lock);
        job->next = watcher->done;
        watcher->done = job;
        pthread_mutex_unlock(&watcher->lock);
        if (write(watcher->done_fd, &one, sizeof one) < 0)
            log_error("cannot wake the loop"); // an eventfd takes as many as there can be jobs
    }
}

// Does what is due. Returns the milliseconds until there is more to do.
static int64_t work(struct watcher *watcher)
{
    const int64_t now = clock_mono_ms();
    if (!cycle_list(watcher->cycle))
        return INT32_MAX;
    if (now >= watcher->cycle_due) {
        watcher->cycle_due = now + watcher->spec.interval_ms;
        run_cycle(watcher);
    }
    if (watcher->spec.walk_interval_ms > 0 && now >= watcher->walk_due) {
        watcher->walk_due = now + watcher->spec.walk_interval_ms;
        cycle_begin_walk(watcher->cycle);
    }
    const size_t slice = watcher->spec.walk_rate * SLICE_MS / 1000;
    const size_t count = cycle_read(watcher->cycle, slice > 0 ? slice : 1);
    cycle_metrics_add_envelopes(count);
    if (count > 0) {
        watcher->is_changed = true;
        return SLICE_MS;
    }
    if (watcher->is_changed)
        recount(watcher);
    return watcher->cycle_due - clock_mono_ms();
}

static void wait_for(struct watcher *watcher, int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (!atomic_load(&watcher->stop) && !watcher->next_list && !watcher->jobs)
        if (pthread_cond_timedwait(&watcher->changed, &watcher->lock, &until) != 0)
            return;
}

static void *run(void *arg)
{
    struct watcher *watcher = arg;
    int64_t ms = INT32_MAX;
    while (!atomic_load(&watcher->stop)) {
        pthread_mutex_lock(&watcher->lock);
        if (ms > 0)
            wait_for(watcher, ms);
        struct watch_list *list = watcher->next_list;
        struct watcher_job *jobs = watcher->jobs;
        watcher->next_list = NULL;
        watcher->jobs = NULL;
        pthread_mutex_unlock(&watcher->lock);
        if (list)
            cycle_set_list(watcher->cycle, list);
        answer_jobs(watcher, jobs);
        ms = work(watcher);
    }
    return NULL;
}

static void init_lock(struct watcher *watcher)
{
    pthread_condattr_t attributes;
    pthread_mutex_init(&watcher->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&watcher->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

static void release(struct watcher *watcher)
{
    struct watcher_job *job;
    while ((job = watcher_take_done(watcher)) != NULL)
        watcher_job_destroy(watcher, job);
    while ((job = watcher->jobs) != NULL) {
        watcher->jobs = job->next;
        watcher_job_destroy(watcher, job);
    }
    cycle_destroy(watcher->cycle);
    watch_list_destroy(watcher->next_list);
    sample_finish(&watcher->sample);
    close(watcher->done_fd);
    pthread_cond_destroy(&watcher->changed);
    pthread_mutex_destroy(&watcher->lock);
    free(watcher);
}

struct watcher *watcher_create(const struct watcher_spec *spec, struct problem *problem)
{
    struct watcher *watcher = memory_or_exit(calloc(1, sizeof *watcher));
    watcher->spec = *spec;
    watcher->walk_due = clock_mono_ms() + spec->walk_interval_ms; // the flush logs do for the first hour
    watcher->done_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    watcher->cycle = cycle_create(&(struct cycle_spec){.queue_directory = spec->queue_directory,
                                                       .postfix_config = spec->postfix_config,
                                                       .messages_max = spec->messages_max,
                                                       .stop = &watcher->stop});
    init_lock(watcher);
    if (watcher->done_fd < 0 || pthread_create(&watcher->thread, NULL, run, watcher) != 0) {
        problem_set(problem, "cannot start a thread: out of resources");
        release(watcher);
        return NULL;
    }
    return watcher;
}

void watcher_destroy(struct watcher *watcher)
{
    struct timespec until;
    if (!watcher)
        return;
    pthread_mutex_lock(&watcher->lock);
    atomic_store(&watcher->stop, true);
    pthread_cond_signal(&watcher->changed);
    pthread_mutex_unlock(&watcher->lock);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += STOP_WITHIN_S;
    if (pthread_clockjoin_np(watcher->thread, NULL, CLOCK_MONOTONIC, &until) == 0)
        release(watcher);
    else
        log_warn("the queue's file system does not answer, so what waits for it is given up");
}

void watcher_set_list(struct watcher *watcher, struct watch_list *list)
{
    pthread_mutex_lock(&watcher->lock);
    struct watch_list *old = watcher->next_list;
    watcher->next_list = list;
    pthread_cond_signal(&watcher->changed);
    pthread_mutex_unlock(&watcher->lock);
    watch_list_destroy(old);
}

bool watcher_use_sample(struct watcher *watcher, void (*use)(struct slice reply, void *arg), void *arg)
{
    pthread_mutex_lock(&watcher->lock);
    const bool is_there = watcher->sample.memory != NULL;
    if (is_there)
        use(watcher->sample.reply, arg);
    pthread_mutex_unlock(&watcher->lock);
    return is_there;
}

struct watcher_job *watcher_ask(struct watcher *watcher, struct slice domain, unsigned count, void *owner)
{
    struct watcher_job *job = calloc(1, sizeof *job);
    if (!job || watcher->job_count == JOBS_MAX || !slice_copy(domain, job->domain, sizeof job->domain)) {
        free(job);
        return NULL;
    }
    job->count = count;
    job->owner = owner;
    watcher->job_count++;
    pthread_mutex_lock(&watcher->lock);
    job->next = watcher->jobs;
    watcher->jobs = job;
    pthread_cond_signal(&watcher->changed);
    pthread_mutex_unlock(&watcher->lock);
    return job;
}

int watcher_fd(const struct watcher *watcher)
{
    return watcher->done_fd;
}

struct watcher_job *watcher_take_done(struct watcher *watcher)
{
    uint64_t ignored;
    (void)!read(watcher->done_fd, &ignored, sizeof ignored);
    pthread_mutex_lock(&watcher->lock);
    struct watcher_job *job = watcher->done;
    if (job)
        watcher->done = job->next;
    pthread_mutex_unlock(&watcher->lock);
    return job;
}

void watcher_job_destroy(struct watcher *watcher, struct watcher_job *job)
{
    sample_finish(&job->answer);
    free(job);
    watcher->job_count--;
}

unsigned watcher_read_top(struct watcher *watcher, struct cycle_metrics_top out[TALLY_TOP])
{
    pthread_mutex_lock(&watcher->lock);
    const unsigned count = watcher->top_count;
    memcpy(out, watcher->top, count * sizeof *out);
    pthread_mutex_unlock(&watcher->lock);
    return count;
}

int64_t watcher_age_ms(struct watcher *watcher)
{
    pthread_mutex_lock(&watcher->lock);
    const int64_t at = watcher->cycle_at;
    pthread_mutex_unlock(&watcher->lock);
    return at == 0 ? -1 : clock_mono_ms() - at;
}
