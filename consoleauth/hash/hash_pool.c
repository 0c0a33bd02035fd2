// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/hash/hash_pool.h"

#include "password/password_rule.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>
#include <utlist.h>

enum { THREADS_MAX = 64 };

struct hash_job {
    struct hash_job *next;
    void (*on_done)(const struct hash_result *result, void *arg);
    void *arg;
    size_t len; // of the password; longer ones than any that has a hash are wrong
    struct hash_result result;
    bool is_check, is_captcha;
    struct altcha_solution solution;
    char password[PASSWORD_MAX + 1];
    char expected[PASSWORD_HASH_MAX];
};

struct hash_pool {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct hash_job *waiting, *done; // under the lock
    bool stopping;                   // likewise
    unsigned count, count_max;       // of work that is not done; the loop's
    int wake;                        // eventfd: some is done
    struct event *woken;
    unsigned threads;
    pthread_t ids[THREADS_MAX];
};

static void job_destroy(struct hash_job *job)
{
    explicit_bzero(job, sizeof *job);
    free(job);
}

static void run_job(struct hash_job *job)
{
    unsigned char salt[PASSWORD_HASH_SALT];
    const struct slice password = slice_make(job->password, job->len);
    if (job->is_captcha)
        job->result.good = altcha_is_solved(&job->solution);
    else if (job->is_check)
        job->result.good = password_hash_verify(job->expected, password);
    else
        job->result.good = getrandom(salt, sizeof salt, 0) == (ssize_t)sizeof salt &&
                           password_hash_make(password, salt, job->result.hash);
}

static struct hash_job *take_job(struct hash_pool *pool)
{
    struct hash_job *job = NULL;
    pthread_mutex_lock(&pool->lock);
    while (!pool->waiting && !pool->stopping)
        pthread_cond_wait(&pool->changed, &pool->lock);
    if (!pool->stopping) {
        job = pool->waiting;
        LL_DELETE(pool->waiting, job);
    }
    pthread_mutex_unlock(&pool->lock);
    return job;
}

static void *run_thread(void *arg)
{
    struct hash_pool *pool = arg;
    struct hash_job *job;
    while ((job = take_job(pool)) != NULL) {
        run_job(job);
        pthread_mutex_lock(&pool->lock);
        LL_APPEND(pool->done, job);
        pthread_mutex_unlock(&pool->lock);
        (void)eventfd_write(pool->wake, 1);
    }
    return NULL;
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    struct hash_pool *pool = arg;
    struct hash_job *done, *job, *after;
    eventfd_t count;
    (void)what;
    (void)eventfd_read(fd, &count);
    pthread_mutex_lock(&pool->lock);
    done = pool->done;
    pool->done = NULL;
    pthread_mutex_unlock(&pool->lock);
    LL_FOREACH_SAFE(done, job, after)
    {
        pool->count--;
        job->on_done(&job->result, job->arg);
        job_destroy(job);
    }
}

// Signals are for the loop's thread.
static bool start_threads(struct hash_pool *pool, unsigned threads)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool->threads < threads && pool->threads < THREADS_MAX &&
           pthread_create(&pool->ids[pool->threads], NULL, run_thread, pool) == 0)
        pool->threads++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pool->threads == threads;
}

struct hash_pool *hash_pool_create(struct event_base *base, unsigned threads, unsigned waiting_max)
{
    struct hash_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return NULL;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->changed, NULL);
    pool->count_max = waiting_max;
    pool->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pool->woken = event_new(base, pool->wake, EV_READ | EV_PERSIST, on_wake, pool);
    if (pool->wake >= 0 && pool->woken && event_add(pool->woken, NULL) == 0 && start_threads(pool, threads))
        return pool;
    hash_pool_destroy(pool);
    return NULL;
}

bool hash_pool_submit(struct hash_pool *pool, const struct hash_work *work)
{
    struct hash_job *job = pool->count < pool->count_max ? calloc(1, sizeof *job) : NULL;
    if (!job)
        return false;
    job->on_done = work->on_done;
    job->arg = work->arg;
    job->is_check = work->hash != NULL;
    job->is_captcha = work->solution != NULL;
    if (work->solution)
        job->solution = *work->solution;
    // One that is longer than any which has a hash is wrong.
    job->len = slice_copy(work->password, job->password, sizeof job->password) ? work->password.len : 0;
    if (work->hash && job->len == work->password.len)
        (void)slice_copy(slice_from(work->hash), job->expected, sizeof job->expected);
    pool->count++;
    pthread_mutex_lock(&pool->lock);
    LL_APPEND(pool->waiting, job);
    pthread_cond_signal(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
    return true;
}

static void drop_jobs(struct hash_job *jobs)
{
    struct hash_job *job, *after;
    LL_FOREACH_SAFE(jobs, job, after)
    job_destroy(job);
}

void hash_pool_destroy(struct hash_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->threads; i++)
        pthread_join(pool->ids[i], NULL);
    drop_jobs(pool->waiting);
    drop_jobs(pool->done);
    if (pool->woken)
        event_free(pool->woken);
    if (pool->wake >= 0)
        close(pool->wake);
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}
