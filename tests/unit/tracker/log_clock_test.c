// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/parse/log_clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)

static int64_t at(const char *utc)
{
    struct tm tm = {.tm_mday = 0};
    assert_non_null(strptime(utc, "%Y-%m-%d %H:%M:%S", &tm));
    return timegm(&tm);
}

static int64_t traditional(struct log_clock *clock, const char *text)
{
    char line[64];
    snprintf(line, sizeof line, "%s host", text);
    struct slice rest = slice_from(line);
    const int64_t time = log_clock_traditional(clock, &rest);
    return time < 0 ? -1 : time / SECOND;
}

static void set_zone(const char *name)
{
    setenv("TZ", name, 1);
    tzset();
}

static void the_year_is_the_nearest(void **state)
{
    (void)state;
    set_zone("UTC");
    struct log_clock january = {.now = at("2027-01-02 00:00:00")};
    assert_int_equal(traditional(&january, "Dec 31 23:59:59"), at("2026-12-31 23:59:59"));
    assert_int_equal(traditional(&january, "Jan  1 00:00:00"), at("2027-01-01 00:00:00"));
    assert_int_equal(traditional(&january, "Jan  2 12:00:00"),
                     at("2027-01-02 12:00:00")); // of a clock that is fast
    struct log_clock old = {.now = at("2026-03-01 00:00:00")};
    assert_int_equal(traditional(&old, "Nov 29 14:00:00"), at("2025-11-29 14:00:00"));
    assert_int_equal(traditional(&old, "Feb 29 14:00:00"), -1); // there was none
    struct log_clock leap = {.now = at("2028-03-01 00:00:00")};
    assert_int_equal(traditional(&leap, "Feb 29 14:00:00"), at("2028-02-29 14:00:00"));
}

static void summer_time_ends_once(void **state)
{
    (void)state;
    set_zone("Europe/Zurich");
    struct log_clock clock = {.now = at("2026-10-25 12:00:00")};
    assert_int_equal(traditional(&clock, "Oct 25 01:59:59"), at("2026-10-24 23:59:59"));
    assert_int_equal(traditional(&clock, "Oct 25 02:30:00"), at("2026-10-25 00:30:00"));
    assert_int_equal(traditional(&clock, "Oct 25 02:59:59"), at("2026-10-25 00:59:59"));
    assert_int_equal(traditional(&clock, "Oct 25 02:00:01"), at("2026-10-25 01:00:01")); // it occurs again
    assert_int_equal(traditional(&clock, "Oct 25 02:30:00"), at("2026-10-25 01:30:00"));
    assert_int_equal(traditional(&clock, "Oct 25 03:00:00"), at("2026-10-25 02:00:00"));
    struct log_clock summer = {.now = at("2026-07-01 12:00:00")};
    assert_int_equal(traditional(&summer, "Jul  1 12:00:00"), at("2026-07-01 10:00:00"));
    set_zone("UTC");
}

// A line a little older than the last one, as several processes log: no jump.
static void lines_may_be_out_of_order(void **state)
{
    (void)state;
    struct log_clock clock = {.now = at("2026-11-29 14:00:00")};
    assert_int_equal(traditional(&clock, "Nov 29 14:00:01"), at("2026-11-29 14:00:01"));
    assert_int_equal(traditional(&clock, "Nov 29 13:59:59"), at("2026-11-29 13:59:59"));
    assert_int_equal(traditional(&clock, "Nov 29 14:00:02"), at("2026-11-29 14:00:02"));
    assert_int_equal(traditional(&clock, "Nov 29 14:00:60"), at("2026-11-29 14:01:00"));
}

static int64_t iso(const char *text)
{
    struct log_clock clock = {.now = 0};
    struct slice rest = slice_from(text);
    return log_clock_iso(&clock, &rest);
}

static void iso_times_are_exact(void **state)
{
    (void)state;
    assert_int_equal(iso("2026-11-29T14:00:00Z x"), at("2026-11-29 14:00:00") * SECOND);
    assert_int_equal(iso("2026-11-29T14:00:00.123456+01:00 x"), at("2026-11-29 13:00:00") * SECOND + 123456);
    assert_int_equal(iso("2026-11-29T14:00:00.1-0530 x"), at("2026-11-29 19:30:00") * SECOND + 100000);
    assert_int_equal(iso("2024-02-29T00:00:00Z x"), at("2024-02-29 00:00:00") * SECOND);
    assert_int_equal(iso("2026-13-29T14:00:00Z x"), -1);
    assert_int_equal(iso("2026-11-29T24:00:00Z x"), -1);
    assert_int_equal(iso("2026-11-29T14:00:00+1 x"), -1);
    assert_int_equal(iso("2026-11-29T14:00:00Z"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_year_is_the_nearest),
        cmocka_unit_test(summer_time_ends_once),
        cmocka_unit_test(lines_may_be_out_of_order),
        cmocka_unit_test(iso_times_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
