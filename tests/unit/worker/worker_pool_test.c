// SPDX-License-Identifier: BSD-2-Clause
#include "worker_fixture.h"

#include "base/clock.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void one_key_goes_to_one_worker(void **state)
{
    (void)state;
    struct worker_pool *pool = make_pool(3, 4);
    int pids[3];
    for (unsigned key = 0; key < 30; key++) {
        struct call call = call_once(pool, key, "hello", WITHIN_MS);
        check_answered(&call);
        if (key < 3)
            pids[key] = call.pid;
        assert_int_equal(call.pid, pids[key % 3]);
    }
    assert_true(pids[0] != pids[1] && pids[1] != pids[2]);
    worker_pool_destroy(pool);
}

static void a_worker_without_room_passes_it_on(void **state)
{
    (void)state;
    struct worker_pool *pool = make_pool(2, 1);
    struct call first = {.pool = pool, .request = "late", .within_ms = WITHIN_MS};
    pthread_t thread = call_start(&first);
    sleep_ms(100);
    struct call second = call_once(pool, 0, "hello", WITHIN_MS);
    pthread_join(thread, NULL);
    check_answered(&first);
    check_answered(&second);
    assert_int_not_equal(first.pid, second.pid);
    worker_pool_destroy(pool);
}

static void without_room_a_call_waits_or_is_told(void **state)
{
    (void)state;
    struct worker_pool_counts counts;
    struct worker_pool *pool = make_pool(1, 1);
    struct call first = {.pool = pool, .request = "late", .within_ms = WITHIN_MS};
    pthread_t thread = call_start(&first);
    sleep_ms(100);
    assert_int_equal(call_once(pool, 0, "hello", 20).rc, WORKER_BUSY);
    struct call second = call_once(pool, 0, "hello", WITHIN_MS);
    check_answered(&second);
    pthread_join(thread, NULL);
    worker_pool_read_counts(pool, &counts);
    assert_int_equal(counts.calls, 3);
    assert_int_equal(counts.busy, 1);
    worker_pool_destroy(pool);
}

static void a_late_reply_reaches_nobody_else(void **state)
{
    (void)state;
    struct worker_pool *pool = make_pool(1, 1);
    assert_int_equal(call_once(pool, 0, "late", 50).rc, WORKER_TIMEOUT);
    struct call now = call_once(pool, 0, "now", WITHIN_MS);
    check_answered(&now);
    assert_int_equal(call_once(pool, 0, "late", 50).rc, WORKER_TIMEOUT);
    sleep_ms(1100); // it is in the socket by now
    struct call after = call_once(pool, 0, "after", WITHIN_MS);
    check_answered(&after);
    worker_pool_destroy(pool);
}

// `fatal` costs itself alone; the call beside it is answered by the next worker.
static void check_fatal(const char *fatal)
{
    struct worker_pool_counts counts;
    struct worker_pool *pool = make_pool(1, 4);
    struct call before = call_once(pool, 0, "hello", WITHIN_MS);
    struct call beside = {.pool = pool, .request = "late", .within_ms = WITHIN_MS};
    pthread_t thread = call_start(&beside);
    sleep_ms(100);
    assert_int_equal(call_once(pool, 0, fatal, WITHIN_MS).rc, WORKER_LOST);
    pthread_join(thread, NULL);
    check_answered(&beside);
    assert_int_not_equal(beside.pid, before.pid);
    worker_pool_read_counts(pool, &counts);
    assert_int_equal(counts.lost, 1);
    assert_int_equal(counts.restarts, 1);
    assert_int_equal(counts.running, 1);
    worker_pool_destroy(pool);
}

static void a_crash_loses_its_own_request(void **state)
{
    (void)state;
    check_fatal("crash");
}

// The call beside a spin may have its answer before the spin begins, so this one is alone.
static void a_spin_is_ended(void **state)
{
    (void)state;
    struct worker_pool *pool = make_pool(1, 4);
    int64_t began = clock_mono_ms();
    assert_int_equal(call_once(pool, 0, "spin", WITHIN_MS).rc, WORKER_LOST);
    assert_true(clock_mono_ms() - began < WITHIN_MS); // 2 s of CPU time, on a machine with other work
    struct call after = call_once(pool, 0, "after", WITHIN_MS);
    check_answered(&after);
    worker_pool_destroy(pool);
}

static void a_request_that_loses_two_workers_is_lost(void **state)
{
    static const char *const requests[] = {"idle", "close", "long"};
    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct worker_pool_counts counts;
        struct worker_pool *pool = make_pool(1, 4);
        assert_int_equal(call_once(pool, 0, requests[i], WITHIN_MS).rc, WORKER_LOST);
        struct call after = call_once(pool, 0, "after", WITHIN_MS);
        check_answered(&after);
        worker_pool_read_counts(pool, &counts);
        // The first loss may find the worker still at work on it.
        assert_in_range(counts.restarts, i == 0 ? 2 : 1, 2);
        worker_pool_destroy(pool);
    }
}

static void a_worker_that_stands_still_is_ended(void **state)
{
    (void)state;
    struct worker_pool *pool = make_pool(1, 2);
    struct call before = call_once(pool, 0, "hello", WITHIN_MS);
    assert_int_equal(kill(before.pid, SIGSTOP), 0);
    assert_int_equal(call_once(pool, 0, "hello", 3100).rc, WORKER_TIMEOUT);
    struct call after = call_once(pool, 0, "after", WITHIN_MS);
    check_answered(&after);
    assert_int_not_equal(before.pid, after.pid);
    worker_pool_destroy(pool);
}

static void a_program_that_is_not_there_is_refused(void **state)
{
    static const char *const argv[] = {"/nowhere/worker", NULL};
    const struct worker_pool_spec spec = {argv, 2, 2, 20};
    struct problem problem = {0};
    unsigned files = open_files(getpid());
    (void)state;
    assert_null(worker_pool_create(&spec, &problem));
    assert_string_equal(problem.text, "cannot start /nowhere/worker: No such file or directory");
    assert_int_equal(open_files(getpid()), files);
}

static void numbers_have_bounds(void **state)
{
    static const char *const argv[] = {EMG_ECHO_WORKER, NULL};
    static const struct worker_pool_spec specs[] = {
        {argv, 0, 1, 20}, {argv, WORKER_POOL_WORKERS_MAX + 1, 1, 20}, {argv, 1, 0, 20}, {argv, 1, 1025, 20}};
    struct problem problem;
    (void)state;
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++)
        assert_null(worker_pool_create(&specs[i], &problem));
}

static void a_program_that_only_ends_is_not_waited_for(void **state)
{
    static const char *const argv[] = {"/bin/false", NULL};
    const struct worker_pool_spec spec = {argv, 2, 2, 5000};
    struct problem problem = {0};
    (void)state;
    struct worker_pool *pool = worker_pool_create(&spec, &problem);
    assert_non_null(pool);
    sleep_ms(1000); // 10, 20, 40, 80 … ms
    int64_t began = clock_mono_ms();
    enum worker_rc rc = call_once(pool, 0, "hello", 4000).rc;
    assert_true(rc == WORKER_AWAY || rc == WORKER_LOST);
    assert_true(clock_mono_ms() - began < 1000);
    worker_pool_destroy(pool);
}

static void a_worker_inherits_no_more_than_it_needs(void **state)
{
    (void)state;
    sigset_t hup, before;
    int fds[2];
    assert_int_equal(pipe(fds), 0); // without FD_CLOEXEC
    sigemptyset(&hup);
    sigaddset(&hup, SIGPROF);
    sigprocmask(SIG_BLOCK, &hup, &before);
    struct worker_pool *pool = make_pool(1, 8);
    sigprocmask(SIG_SETMASK, &before, NULL);
    struct call call = call_once(pool, 0, "hello", WITHIN_MS);
    check_answered(&call);
    char path[64], line[128];
    unsigned files = open_files(call.pid);
    assert_in_range(files, 3 + 8 + 1, 3 + 8 + 4); // the channels, and libevent's own
    snprintf(path, sizeof path, "/proc/%d/status", call.pid);
    FILE *status = fopen(path, "r");
    assert_non_null(status);
    while (fgets(line, sizeof line, status))
        if (strncmp(line, "SigBlk:", 7) == 0)
            assert_string_equal(line, "SigBlk:\t0000000000000000\n");
    fclose(status);
    snprintf(path, sizeof path, "/proc/%d/environ", call.pid);
    FILE *environment = fopen(path, "r");
    assert_int_equal(fgetc(environment), EOF);
    fclose(environment);
    worker_pool_destroy(pool);
    close(fds[0]);
    close(fds[1]);
}

static void signals_to_the_group_do_not_end_a_worker(void **state)
{
    (void)state;
    struct worker_pool *pool = make_pool(1, 2);
    struct call before = call_once(pool, 0, "hello", WITHIN_MS);
    kill(before.pid, SIGTERM);
    kill(before.pid, SIGINT);
    kill(before.pid, SIGHUP);
    struct call after = call_once(pool, 0, "hello", WITHIN_MS);
    assert_int_equal(before.pid, after.pid);
    worker_pool_destroy(pool);
    assert_int_equal(kill(before.pid, 0), -1);
    assert_int_equal(errno, ESRCH);
}

static void workers_end_with_their_program(void **state)
{
    (void)state;
    int fds[2], worker = 0;
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    assert_int_equal(pipe(fds), 0);
    pid_t child = fork();
    if (child == 0) {
        struct call call = call_once(make_pool(1, 2), 0, "hello", WITHIN_MS);
        (void)!write(fds[1], &call.pid, sizeof call.pid);
        raise(SIGKILL);
    }
    assert_int_equal(read(fds[0], &worker, sizeof worker), sizeof worker);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(waitpid(worker, NULL, 0), worker);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_end_with_their_program), // first: it forks
        cmocka_unit_test(one_key_goes_to_one_worker),
        cmocka_unit_test(a_worker_without_room_passes_it_on),
        cmocka_unit_test(without_room_a_call_waits_or_is_told),
        cmocka_unit_test(a_late_reply_reaches_nobody_else),
        cmocka_unit_test(a_crash_loses_its_own_request),
        cmocka_unit_test(a_spin_is_ended),
        cmocka_unit_test(a_request_that_loses_two_workers_is_lost),
        cmocka_unit_test(a_worker_that_stands_still_is_ended),
        cmocka_unit_test(a_program_that_is_not_there_is_refused),
        cmocka_unit_test(numbers_have_bounds),
        cmocka_unit_test(a_program_that_only_ends_is_not_waited_for),
        cmocka_unit_test(a_worker_inherits_no_more_than_it_needs),
        cmocka_unit_test(signals_to_the_group_do_not_end_a_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
