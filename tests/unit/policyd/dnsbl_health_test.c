// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/dnsbl/dnsbl_health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MINUTE INT64_C(60000)

static void fail_times(struct dnsbl_health *health, enum dnsbl_event event, unsigned times, int64_t now)
{
    for (unsigned i = 0; i < times; i++)
        (void)dnsbl_health_note(health, event, now);
}

static void test_failures_in_a_row_cut_out(void **state)
{
    (void)state;
    struct dnsbl_health health = {0};
    fail_times(&health, DNSBL_EVENT_NO_ANSWER, DNSBL_FAILURES_MAX - 1, 0);
    assert_false(dnsbl_health_note(&health, DNSBL_EVENT_ANSWERED, 0)); // one answer resets the count
    fail_times(&health, DNSBL_EVENT_NO_ANSWER, DNSBL_FAILURES_MAX - 1, 0);
    assert_int_equal(health.state, DNSBL_STATE_GOOD);
    assert_true(dnsbl_health_note(&health, DNSBL_EVENT_NO_ANSWER, 0));
    assert_int_equal(health.state, DNSBL_STATE_SILENT);
}

static void test_error_codes_cut_out_as_refusing(void **state)
{
    (void)state;
    struct dnsbl_health health = {0};
    fail_times(&health, DNSBL_EVENT_REFUSED, DNSBL_FAILURES_MAX, 0);
    assert_int_equal(health.state, DNSBL_STATE_REFUSING);
}

static void test_pause_doubles_up_to_a_quarter_of_an_hour(void **state)
{
    (void)state;
    static const int64_t pauses[] = {1, 2, 4, 8, 15, 15};
    struct dnsbl_health health = {0};
    int64_t now = 1000;
    fail_times(&health, DNSBL_EVENT_NO_ANSWER, DNSBL_FAILURES_MAX, now);
    for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
        assert_false(dnsbl_health_due(&health, now + pauses[i] * MINUTE - 1));
        now += pauses[i] * MINUTE;
        assert_true(dnsbl_health_due(&health, now));
        assert_false(dnsbl_health_note(&health, DNSBL_EVENT_NO_ANSWER, now));
    }
}

static void test_questions_still_under_way_do_not_count(void **state)
{
    (void)state;
    struct dnsbl_health health = {0};
    fail_times(&health, DNSBL_EVENT_NO_ANSWER, DNSBL_FAILURES_MAX + 20, 0);
    assert_true(dnsbl_health_due(&health, MINUTE));
    assert_false(dnsbl_health_note(&health, DNSBL_EVENT_ANSWERED, 10));
    assert_int_equal(health.state, DNSBL_STATE_SILENT);
}

static void test_recheck_restores_and_forgets(void **state)
{
    (void)state;
    struct dnsbl_health health = {0};
    fail_times(&health, DNSBL_EVENT_NO_ANSWER, DNSBL_FAILURES_MAX, 0);
    (void)dnsbl_health_note(&health, DNSBL_EVENT_NO_ANSWER, MINUTE);
    assert_true(dnsbl_health_note(&health, DNSBL_EVENT_TEST_OK, 3 * MINUTE));
    assert_int_equal(health.state, DNSBL_STATE_GOOD);
    assert_false(dnsbl_health_due(&health, 100 * MINUTE));
    fail_times(&health, DNSBL_EVENT_NO_ANSWER, DNSBL_FAILURES_MAX, 200 * MINUTE);
    assert_true(dnsbl_health_due(&health, 201 * MINUTE));
}

static void test_list_of_everybody_is_cut_out_at_once_and_tried_each_minute(void **state)
{
    (void)state;
    struct dnsbl_health health = {0};
    assert_true(dnsbl_health_note(&health, DNSBL_EVENT_LISTS_ALL, 0));
    assert_int_equal(health.state, DNSBL_STATE_LISTS_ALL);
    for (int64_t minute = 1; minute < 20; minute++) {
        assert_true(dnsbl_health_due(&health, minute * MINUTE));
        assert_false(dnsbl_health_note(&health, minute % 2 ? DNSBL_EVENT_LISTS_ALL : DNSBL_EVENT_NO_ANSWER,
                                       minute * MINUTE));
        assert_false(dnsbl_health_due(&health, minute * MINUTE + MINUTE - 1));
    }
    assert_true(dnsbl_health_note(&health, DNSBL_EVENT_TEST_OK, 20 * MINUTE));
}

static void test_silent_list_that_comes_back_wild_stays_out(void **state)
{
    (void)state;
    struct dnsbl_health health = {0};
    fail_times(&health, DNSBL_EVENT_NO_ANSWER, DNSBL_FAILURES_MAX, 0);
    assert_true(dnsbl_health_note(&health, DNSBL_EVENT_LISTS_ALL, MINUTE));
    assert_int_equal(health.state, DNSBL_STATE_LISTS_ALL);
}

static void test_only_silent_lists_are_hurried(void **state)
{
    (void)state;
    struct dnsbl_health good = {0}, silent = {0}, wild = {0};
    fail_times(&silent, DNSBL_EVENT_NO_ANSWER, DNSBL_FAILURES_MAX, 0);
    (void)dnsbl_health_note(&wild, DNSBL_EVENT_LISTS_ALL, 0);
    dnsbl_health_retry_now(&good, 10);
    dnsbl_health_retry_now(&silent, 10);
    dnsbl_health_retry_now(&wild, 10);
    assert_false(dnsbl_health_due(&good, 10));
    assert_true(dnsbl_health_due(&silent, 10));
    assert_false(dnsbl_health_due(&wild, 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failures_in_a_row_cut_out),
        cmocka_unit_test(test_error_codes_cut_out_as_refusing),
        cmocka_unit_test(test_pause_doubles_up_to_a_quarter_of_an_hour),
        cmocka_unit_test(test_questions_still_under_way_do_not_count),
        cmocka_unit_test(test_recheck_restores_and_forgets),
        cmocka_unit_test(test_list_of_everybody_is_cut_out_at_once_and_tried_each_minute),
        cmocka_unit_test(test_silent_list_that_comes_back_wild_stays_out),
        cmocka_unit_test(test_only_silent_lists_are_hurried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
