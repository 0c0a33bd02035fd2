// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/bad_row.h"

#include "base/clock.h"
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static unsigned long long lines_for(const char *address, const char *reason)
{
    unsigned long long before = log_count(LOG_LEVEL_ERROR);
    struct slice texts[] = {slice_from(address), SLICE("x")};

    bad_row_report(DIRECTORY_MAILBOX, texts, reason);
    return log_count(LOG_LEVEL_ERROR) - before;
}

static void same_fault_is_logged_once_a_day(void **state)
{
    (void)state;
    clock_set(1000, 1000);
    assert_int_equal(lines_for("a@x", "bad"), 1);
    assert_int_equal(lines_for("a@x", "bad"), 0);
    assert_int_equal(lines_for("a@x", "worse"), 1);
    assert_int_equal(lines_for("b@x", "bad"), 1);
    clock_set(1000 + 86400, 1000 + 86400000);
    assert_int_equal(lines_for("a@x", "bad"), 1);
    clock_reset();
}

static void lines_a_minute_are_bounded(void **state)
{
    unsigned long long lines = 0;
    char address[32];

    (void)state;
    clock_set(500000, 500000000);
    for (int i = 0; i < 100; i++) {
        snprintf(address, sizeof(address), "user%d@x", i);
        lines += lines_for(address, "bad");
    }
    assert_int_equal(lines, BAD_ROW_LINES);
    clock_set(500060, 500060000);
    assert_int_equal(lines_for("later@x", "bad"), 1);
    clock_reset();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_fault_is_logged_once_a_day),
        cmocka_unit_test(lines_a_minute_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
