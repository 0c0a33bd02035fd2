// SPDX-License-Identifier: BSD-2-Clause
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static void test_stands_still(void **state)
{
    (void)state;
    clock_set(1700000000, 12345);
    usleep(2000);
    assert_int_equal(clock_wall(), 1700000000);
    assert_int_equal(clock_mono_ms(), 12345);
    assert_int_equal(clock_mono_us(), 12345000);
    clock_set(-1, 0);
    assert_int_equal(clock_wall(), -1);
    clock_reset();
    assert_true(clock_wall() > 1700000000);
}

static void test_real(void **state)
{
    (void)state;
    int64_t wall = clock_wall(), us = clock_mono_us(), ms = clock_mono_ms();
    usleep(20000);
    int64_t passed = clock_mono_us() - us;
    assert_in_range(passed, 20000, 10000000);
    assert_in_range(clock_mono_ms() - ms, 19, 10000);
    assert_in_range(ms - us / 1000, 0, 1000);
    assert_in_range(wall - time(NULL) + 10, 0, 11);
}

static void test_day(void **state)
{
    (void)state;
    static const struct {
        int64_t wall;
        const char *day;
    } cases[] = {
        {0, "1970-01-01"},
        {-1, "1969-12-31"},
        {951782400, "2000-02-29"},
        {1767225599, "2025-12-31"},
        {1767225600, "2026-01-01"},
        {253402300799, "9999-12-31"},
        {INT64_MAX, ""},
    };
    char day[CLOCK_DAY_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        clock_day(cases[i].wall, day);
        assert_string_equal(day, cases[i].day);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stands_still),
        cmocka_unit_test(test_real),
        cmocka_unit_test(test_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
