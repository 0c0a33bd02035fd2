// SPDX-License-Identifier: BSD-2-Clause
// Built with ThreadSanitizer, whose report ends it with an exit code of its own.
#include "base/fault.h"
#include "base/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

enum { WRITERS = 4, RELOADS = 500, REPORTS = 10000 };

static atomic_bool ended;
static atomic_int running;

static void *write_lines(void *arg)
{
    atomic_fetch_add(&running, 1);
    while (!atomic_load(&ended)) {
        log_info("decided by=%p", arg);
        log_write(LOG_LEVEL_WARN, SLICE("reason=greylist-new"));
        log_debug("seldom by=%p", arg);
    }
    return NULL;
}

// SIGHUP in the milter, whose other threads log all the time.
static void test_l5_log_is_set_again_while_threads_log(void **state)
{
    pthread_t writers[WRITERS];
    const int saved = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    (void)state;
    assert_true(saved >= 0 && dup2(nowhere, STDERR_FILENO) >= 0);
    for (size_t i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&writers[i], NULL, write_lines, NULL), 0);
    while (atomic_load(&running) < WRITERS)
        usleep(1000);
    const unsigned long long before = log_count(LOG_LEVEL_WARN);
    for (int i = 0; i < RELOADS || log_count(LOG_LEVEL_WARN) < before + RELOADS; i++)
        log_init("milter", LOG_TO_STDERR, i % 2 ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN);
    atomic_store(&ended, true);
    for (size_t i = 0; i < WRITERS; i++)
        pthread_join(writers[i], NULL);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(nowhere);
}

static struct fault fault = {.text = "broken", .lines = 10};

static void *report(void *arg)
{
    (void)arg;
    for (int i = 0; i < REPORTS; i++)
        fault_report(&fault, "x");
    return NULL;
}

static void test_threads_report_one_fault(void **state)
{
    pthread_t reporters[WRITERS];
    const unsigned long long before = log_count(LOG_LEVEL_ERROR);
    (void)state;
    for (size_t i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&reporters[i], NULL, report, NULL), 0);
    for (size_t i = 0; i < WRITERS; i++)
        pthread_join(reporters[i], NULL);
    assert_int_equal((int)fault.counter.value, WRITERS * REPORTS);
    assert_int_equal(log_count(LOG_LEVEL_ERROR) - before, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_l5_log_is_set_again_while_threads_log),
                                       cmocka_unit_test(test_threads_report_one_fault)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
