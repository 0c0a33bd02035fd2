// SPDX-License-Identifier: BSD-2-Clause
#include "worker/worker_pool.h"

#include "base/clock.h"
#include "base/memory.h"
#include "worker/worker_supervisor.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define FAILED_STARTS_MAX                                                                                    \
    3 // starts in a row that led to no reply, after which callers wait for no further one
#define STUCK_MS 3000
#define STALE_MAX 64 // replies to calls that timed out, before the one that is waited for

_Static_assert(WORKER_POOL_CHANNELS_MAX == WORKER_CHANNELS_MAX, "both ends have the same bound");

// A channel that a call has taken.
struct claim {
    struct worker_process *process;
    unsigned channel;
};

// The outcome of a request that was sent.
enum exchange { EXCHANGE_REPLY, EXCHANGE_TIMEOUT, EXCHANGE_STUCK, EXCHANGE_ENDED, EXCHANGE_NOT_SENT };

struct worker_pool *worker_pool_create(const struct worker_pool_spec *spec, struct problem *problem)
{
    pthread_condattr_t attributes;
    if (spec->workers - 1 >= WORKER_POOL_WORKERS_MAX || spec->channels - 1 >= WORKER_POOL_CHANNELS_MAX) {
        problem_set(problem, "there can be 1 to %d workers, with 1 to %d requests at once in each",
                    WORKER_POOL_WORKERS_MAX, WORKER_POOL_CHANNELS_MAX);
        return NULL;
    }
    struct worker_pool *pool = memory_or_exit(calloc(1, sizeof *pool));
    pool->spec = *spec;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    int rc = worker_supervisor_start(pool);
    if (rc == 0)
        return pool;
    problem_set(problem, "cannot start %s: %s", spec->argv[0], strerror(rc));
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
    return NULL;
}

void worker_pool_destroy(struct worker_pool *pool)
{
    if (!pool)
        return;
    worker_supervisor_stop(pool);
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

// The worker that the key names, or the next one that has room.
static bool take_channel(struct worker_pool *pool, uint64_t key, struct claim *out)
{
    for (unsigned i = 0; i < pool->spec.workers; i++) {
        struct worker_process *process = pool->slots[(key + i) % pool->spec.workers].process;
        if (!process || process->gone || process->free_count == 0)
            continue;
        process->holders++;
        *out = (struct claim){process, process->free[--process->free_count]};
        return true;
    }
    return false;
}

// Returns whether no worker can come, so that waiting is pointless.
static bool all_away(const struct worker_pool *pool)
{
    for (unsigned i = 0; i < pool->spec.workers; i++)
        if (pool->slots[i].process || pool->slots[i].failed_starts < FAILED_STARTS_MAX)
            return false;
    return true;
}

static bool wait_changed(struct worker_pool *pool, int64_t deadline)
{
    int64_t left = deadline - clock_mono_ms();
    struct timespec until;
    if (left <= 0)
        return false;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += left / 1000;
    until.tv_nsec += left % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pool->waiting++;
    int rc = pthread_cond_timedwait(&pool->changed, &pool->lock, &until);
    pool->waiting--;
    return rc == 0;
}

static enum worker_rc claim(struct worker_pool *pool, uint64_t key, int64_t deadline, struct claim *out)
{
    enum worker_rc rc = WORKER_OK;
    bool over = false;
    pthread_mutex_lock(&pool->lock);
    while (rc == WORKER_OK && !take_channel(pool, key, out)) {
        if (all_away(pool))
            rc = WORKER_AWAY;
        else if (over)
            rc = pool->counts.running ? WORKER_BUSY : WORKER_AWAY;
        else
            over = !wait_changed(pool, deadline);
    }
    pthread_mutex_unlock(&pool->lock);
    return rc;
}

static void let_go(struct worker_pool *pool, const struct claim *claim, enum exchange end)
{
    struct worker_process *process = claim->process;
    bool bad = end != EXCHANGE_REPLY && end != EXCHANGE_TIMEOUT;
    pthread_mutex_lock(&pool->lock);
    bool found_out = bad && !process->gone;
    process->gone = process->gone || bad;
    process->replied = process->replied || end == EXCHANGE_REPLY;
    process->free[process->free_count++] = claim->channel;
    worker_supervisor_release(process);
    if (pool->waiting)
        pthread_cond_signal(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
    if (found_out)
        worker_supervisor_wake(pool);
}

static bool send_request(struct worker_channel *channel, struct slice request)
{
    uint64_t sequence = ++channel->sequence;
    struct iovec parts[] = {{&sequence, sizeof sequence}, {(char *)request.ptr, request.len}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t sent;
    do
        sent = sendmsg(channel->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)(sizeof sequence + request.len);
}

// A reply to an earlier request, whose caller did not wait for it, is thrown away.
static enum exchange receive(struct worker_channel *channel, char *reply, size_t reply_size,
                             size_t *reply_len)
{
    uint64_t sequence = 0;
    struct iovec parts[] = {{&sequence, sizeof sequence}, {reply, reply_size}};
    for (unsigned stale = 0; stale < STALE_MAX; stale++) {
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
        ssize_t len = recvmsg(channel->fd, &message, MSG_DONTWAIT);
        // ECONNRESET comes once, before the replies that the worker sent before it ended.
        if (len < 0 && (errno == EINTR || errno == ECONNRESET))
            continue;
        if (len < 0 && errno == EAGAIN)
            return EXCHANGE_TIMEOUT;
        if (len < (ssize_t)sizeof sequence || message.msg_flags & MSG_TRUNC)
            return EXCHANGE_ENDED;
        if (sequence != channel->sequence)
            continue;
        *reply_len = (size_t)len - sizeof sequence;
        return EXCHANGE_REPLY;
    }
    return EXCHANGE_ENDED;
}

// A worker that is alive accepts a request at once.
static bool is_stuck(const struct worker_channel *channel, int64_t sent_at)
{
    int unread = 0;
    return clock_mono_ms() - sent_at >= STUCK_MS && ioctl(channel->fd, SIOCOUTQ, &unread) == 0 && unread > 0;
}

static enum exchange exchange(struct worker_channel *channel, struct slice request, char *reply,
                              size_t reply_size, size_t *reply_len, int64_t deadline)
{
    int64_t sent_at = clock_mono_ms();
    enum exchange end = EXCHANGE_TIMEOUT;
    if (!send_request(channel, request))
        return EXCHANGE_NOT_SENT;
    while (end == EXCHANGE_TIMEOUT) {
        struct pollfd wait = {.fd = channel->fd, .events = POLLIN};
        int64_t left = deadline - clock_mono_ms();
        if (left <= 0)
            return is_stuck(channel, sent_at) ? EXCHANGE_STUCK : EXCHANGE_TIMEOUT;
        if (poll(&wait, 1, left < INT32_MAX ? (int)left : INT32_MAX) > 0)
            end = receive(channel, reply, reply_size, reply_len);
    }
    return end;
}

// Returns true where the request is to be sent again.
static bool settle(const struct claim *claim, enum exchange end, unsigned *losses, enum worker_rc *rc)
{
    if (end == EXCHANGE_REPLY)
        *rc = WORKER_OK;
    if (end == EXCHANGE_TIMEOUT || end == EXCHANGE_STUCK)
        *rc = WORKER_TIMEOUT;
    if (end == EXCHANGE_NOT_SENT)
        *rc = WORKER_LOST;
    if (end == EXCHANGE_ENDED) {
        bool at_work = atomic_load(&claim->process->board->at_work) == claim->channel + 1;
        *rc = WORKER_LOST;
        return !at_work && ++*losses < 2;
    }
    return end == EXCHANGE_NOT_SENT;
}

static void count(struct worker_pool *pool, enum worker_rc rc)
{
    pthread_mutex_lock(&pool->lock);
    pool->counts.calls++;
    pool->counts.busy += rc == WORKER_BUSY;
    pool->counts.timeouts += rc == WORKER_TIMEOUT;
    pool->counts.lost += rc == WORKER_LOST || rc == WORKER_AWAY;
    pthread_mutex_unlock(&pool->lock);
}

enum worker_rc worker_pool_call(struct worker_pool *pool, uint64_t key, struct slice request, char *reply,
                                size_t reply_size, size_t *reply_len, int64_t within_ms)
{
    int64_t deadline = clock_mono_ms() + within_ms;
    unsigned losses = 0;
    enum worker_rc rc = WORKER_LOST;
    bool again = request.len <= WORKER_REQUEST_MAX;
    while (again) {
        struct claim taken;
        rc = claim(pool, key, deadline, &taken);
        if (rc != WORKER_OK)
            break;
        enum exchange end = exchange(&taken.process->channels[taken.channel], request, reply, reply_size,
                                     reply_len, deadline);
        again = settle(&taken, end, &losses, &rc) && clock_mono_ms() < deadline;
        let_go(pool, &taken, end);
    }
    count(pool, rc);
    return rc;
}

void worker_pool_read_counts(struct worker_pool *pool, struct worker_pool_counts *out)
{
    pthread_mutex_lock(&pool->lock);
    *out = pool->counts;
    pthread_mutex_unlock(&pool->lock);
}
