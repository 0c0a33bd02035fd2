// SPDX-License-Identifier: BSD-2-Clause
#include "worker_fixture.h"

#include <dirent.h>
#include <stdlib.h>
#include <time.h>

struct worker_pool *make_pool(unsigned workers, unsigned channels)
{
    static const char *const argv[] = {EMG_ECHO_WORKER, NULL};
    const struct worker_pool_spec spec = {argv, workers, channels, 20};
    struct problem problem = {0};
    struct worker_pool *pool = worker_pool_create(&spec, &problem);
    if (!pool)
        fail_msg("%s", problem.text);
    return pool;
}

void call_run(struct call *call)
{
    size_t len = 0;
    call->rc = worker_pool_call(call->pool, call->key, slice_from(call->request), call->reply,
                                sizeof call->reply - 1, &len, call->within_ms);
    call->reply[len] = '\0';
    call->pid = (int)strtol(call->reply, NULL, 10);
}

struct call call_once(struct worker_pool *pool, uint64_t key, const char *request, int64_t within_ms)
{
    struct call call = {.pool = pool, .key = key, .request = request, .within_ms = within_ms};
    call_run(&call);
    return call;
}

static void *run(void *arg)
{
    call_run(arg);
    return NULL;
}

pthread_t call_start(struct call *call)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run, call), 0);
    return thread;
}

void check_answered(const struct call *call)
{
    char expected[4096];
    assert_int_equal(call->rc, WORKER_OK);
    snprintf(expected, sizeof expected, "%d %s", call->pid, call->request);
    assert_string_equal(call->reply, expected);
}

unsigned open_files(pid_t pid)
{
    char path[64];
    unsigned count = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

void sleep_ms(long ms)
{
    const struct timespec wait = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&wait, NULL);
}
