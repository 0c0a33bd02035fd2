// SPDX-License-Identifier: BSD-2-Clause
#include "base/fault.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/slice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static int saved, reader;

// stderr is a datagram socket during a test, so that each line is read as one message.
static int open_log(void **state)
{
    int ends[2];
    (void)state;
    saved = dup(STDERR_FILENO);
    if (saved < 0 || socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) != 0 || dup2(ends[1], STDERR_FILENO) < 0)
        return -1;
    reader = ends[0];
    close(ends[1]);
    clock_set(1000, 1000);
    return 0;
}

static int close_log(void **state)
{
    (void)state;
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(reader);
    clock_reset();
    return 0;
}

// Fails unless the line that was written now ends in `expected`; "": none was written.
static void assert_logged(const char *expected)
{
    char line[512];
    const ssize_t got = recv(reader, line, sizeof line - 1, MSG_DONTWAIT);
    line[got > 0 ? got - 1 : 0] = '\0';
    const size_t len = strlen(line), wanted = strlen(expected);
    assert_true(len >= wanted);
    assert_string_equal(*expected ? line + len - wanted : line, expected);
}

static void test_a_lasting_fault_is_logged_once_a_minute(void **state)
{
    struct fault fault = {.name = "x", .text = "no rows", .advice = "add some"};
    (void)state;
    assert_true(fault_report(&fault, NULL));
    assert_logged(": error: no rows; add some");
    assert_false(fault_report(&fault, "domain"));
    assert_false(fault_report(&fault, NULL));
    assert_logged("");
    clock_set(1000, 60999);
    assert_false(fault_report(&fault, NULL));
    clock_set(1000, 61000);
    assert_true(fault_report(&fault, "domain"));
    assert_logged(": error: no rows: domain; add some not_logged=3");
    assert_int_equal((int)fault.counter.value, 5);
    assert_false(fault_report(&fault, NULL));
    fault_clear(&fault);
    assert_true(fault_report(&fault, NULL));
    assert_logged(": error: no rows; add some");
}

static void test_another_subject_is_logged_at_once(void **state)
{
    struct fault fault = {.text = "bad", .by_subject = true, .is_warning = true, .interval_ms = 1000};
    (void)state;
    assert_true(fault_report(&fault, "a"));
    assert_logged(": warning: bad: a");
    assert_false(fault_report(&fault, "a"));
    assert_true(fault_report(&fault, "b"));
    assert_logged(": warning: bad: b not_logged=1");
    clock_set(1000, 2000);
    assert_true(fault_report(&fault, "b"));
    assert_logged(": warning: bad: b");
}

static void test_some_lines_in_an_interval(void **state)
{
    struct fault fault = {.text = "bad", .lines = 3};
    unsigned logged = 0;
    (void)state;
    for (int i = 0; i < 10; i++)
        logged += fault_report(&fault, "x");
    assert_int_equal(logged, 3);
}

static void test_counters_are_one_family(void **state)
{
    static struct fault some[] = {{.name = "a", .text = "a"}, {.name = "b", .text = "b"}};
    static struct fault one = {.name = "c", .text = "c"};
    static struct counter other = {.name = "other_total", .help = "Other."};
    char *text = NULL;
    size_t len;
    (void)state;
    fault_register(some, 2, "x_errors_total");
    counter_register(&other);
    fault_register(&one, 1, "x_errors_total");
    fault_report(&one, NULL);
    FILE *out = open_memstream(&text, &len);
    counter_print(out);
    fclose(out);
    assert_string_equal(text, "# HELP x_errors_total Errors by kind; the log says what to do.\n"
                              "# TYPE x_errors_total counter\n"
                              "x_errors_total{error=\"a\"} 0\n"
                              "x_errors_total{error=\"b\"} 0\n"
                              "x_errors_total{error=\"c\"} 1\n"
                              "# HELP other_total Other.\n"
                              "# TYPE other_total counter\n"
                              "other_total 0\n");
    free(text);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, open_log, close_log)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_lasting_fault_is_logged_once_a_minute),
        CASE(test_another_subject_is_logged_at_once),
        CASE(test_some_lines_in_an_interval),
        CASE(test_counters_are_one_family),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
