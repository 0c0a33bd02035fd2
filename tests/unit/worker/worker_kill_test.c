// SPDX-License-Identifier: BSD-2-Clause
// Many callers while workers are killed at random: every call ends, none gets another's reply, and nothing
// is left over.
#include "worker_fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS 4
#define CALLERS 32
#define KILLS 1000

static struct worker_pool *pool;
static atomic_int victims[WORKERS]; // process ids as seen in replies
static atomic_bool over;
static atomic_ulong answered, lost, other;

static void *run_caller(void *arg)
{
    const unsigned number = *(const unsigned *)arg;
    char text[64], expected[128];
    for (unsigned round = 0; !atomic_load(&over); round++) {
        snprintf(text, sizeof text, "caller %u round %u", number, round);
        struct call call = call_once(pool, number + round, text, WITHIN_MS);
        snprintf(expected, sizeof expected, "%d %s", call.pid, text);
        if (call.rc == WORKER_OK && strcmp(call.reply, expected) == 0) {
            atomic_fetch_add(&answered, 1);
            atomic_store(&victims[round % WORKERS], call.pid);
        } else {
            atomic_fetch_add(call.rc == WORKER_LOST ? &lost : &other, 1);
        }
    }
    return NULL;
}

static unsigned kill_some(void)
{
    unsigned killed = 0;
    for (unsigned tries = 0; killed < KILLS && tries < 20 * KILLS; tries++) {
        // A worker that has ended is not waited for by us, but by the pool: its id may be another's only
        // after a turn through all ids.
        int pid = atomic_exchange(&victims[(unsigned)random() % WORKERS], 0);
        killed += pid > 0 && kill(pid, SIGKILL) == 0;
        sleep_ms(random() % 4);
    }
    return killed;
}

static void callers_outlive_their_workers(void **state)
{
    struct worker_pool_counts counts;
    pthread_t callers[CALLERS];
    unsigned numbers[CALLERS];
    unsigned files = open_files(getpid());
    (void)state;
    pool = make_pool(WORKERS, 8);
    for (unsigned i = 0; i < CALLERS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&callers[i], NULL, run_caller, &numbers[i]), 0);
    }
    unsigned killed = kill_some();
    atomic_store(&over, true);
    for (size_t i = 0; i < CALLERS; i++)
        pthread_join(callers[i], NULL);
    struct call after = call_once(pool, 0, "after", WITHIN_MS);
    check_answered(&after);
    worker_pool_read_counts(pool, &counts);
    printf("%u kills, %llu restarts, %lu calls answered, %lu lost\n", killed,
           (unsigned long long)counts.restarts, answered, lost);
    assert_int_equal(killed, KILLS);
    assert_int_equal(other, 0);
    assert_true(answered > KILLS && lost < killed);
    assert_int_equal(counts.lost, lost);
    assert_int_equal(counts.calls, answered + lost + 1);
    worker_pool_destroy(pool);
    assert_int_equal(open_files(getpid()), files);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); // no zombie
    assert_int_equal(errno, ECHILD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(callers_outlive_their_workers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
