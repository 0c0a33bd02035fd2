// SPDX-License-Identifier: BSD-2-Clause
// Greylisting when something is wrong: with the client, the settings or the database.
#include "base/clock.h"
#include "greylist_fixture.h"
#include "pg_probe.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_cancelled_ask_is_recorded_and_silent(void **state)
{
    struct answer first = {.times = 0}, second = {.times = 0};
    (void)state;
    greylist_cancel(ask("n.example", "a@b.example", &first));
    (void)ask("n.example", "a@b.example", &second);
    greylist_cancel(NULL);
    database_run_until(base, is_answered, &second);
    assert_int_equal(first.times, 0);
    assert_string_equal(count_rows(), "1");
    assert_null(ask_of(greylist, "n.example", 1, "b@b.example", "user@example.com", NULL, NULL));
    database_run_ms(base, 50);
    assert_string_equal(count_rows(), "2");
}

static void test_destroying_answers_who_waits(void **state)
{
    struct answer flying = {.times = 0}, gathering = {.times = 0}, cancelled = {.times = 0};
    (void)state;
    (void)ask("n.example", "a@b.example", &flying);
    event_base_loop(base, EVLOOP_NONBLOCK);
    event_base_loop(base, EVLOOP_NONBLOCK);
    (void)ask("n.example", "b@b.example", &gathering);
    greylist_cancel(ask("n.example", "c@b.example", &cancelled));
    greylist_destroy(greylist);
    greylist = NULL;
    assert_int_equal(flying.times + gathering.times, 2);
    assert_int_equal(gathering.outcome, GREYLIST_UNAVAILABLE);
    assert_int_equal(cancelled.times, 0);
}

// Any bytes may be in a local part; one such recipient must not make the database refuse all others.
static void test_hostile_bytes_break_no_batch(void **state)
{
    static const char *const hostile[] = {
        "\xff\xfe\xc3\x28@example.com",
        "\"},{\\\"\\@example.com",
        "a\tb\rc\x01@example.com",
        "null@example.com",
        "',drop table--@x",
        "",
        "\xf0\x9f\x93\xa7@example.com",
        "{}@example.com",
        "*",
    };
    struct answer answers[10] = {{.times = 0}};
    (void)state;
    for (int i = 0; i < 9; i++)
        (void)ask_of(greylist, "n.example", i, hostile[i], hostile[8 - i], on_answer, &answers[i]);
    (void)ask("innocent.example", "a@b.example", &answers[9]);
    for (int i = 0; i < 10; i++) {
        database_run_until(base, is_answered, &answers[i]);
        assert_int_equal(answers[i].outcome, GREYLIST_DEFER);
    }
    assert_string_equal(count_rows(), "10");
    assert_string_equal(database_value("select count(*) from greylist where sender ~ '[^ -~]'"), "0");
}

static void test_long_keys_are_taken(void **state)
{
    char local[ADDRESS_MAX + 200], client[ADDRESS_DOMAIN_MAX + 1];
    struct answer answer = {.times = 0};
    (void)state;
    memset(local, 'x', sizeof local - 1);
    local[sizeof local - 1] = '\0';
    memset(client, 'c', sizeof client - 1);
    client[sizeof client - 1] = '\0';
    (void)ask_of(greylist, client, 1, local, local, on_answer, &answer);
    database_run_until(base, is_answered, &answer);
    assert_int_equal(answer.outcome, GREYLIST_DEFER);
    age("121 s");
    assert_int_equal(answer.times, 1);
    answer.times = 0;
    (void)ask_of(greylist, client, 1, local, local, on_answer, &answer);
    database_run_until(base, is_answered, &answer);
    assert_int_equal(answer.outcome, GREYLIST_PASS);
}

static void test_more_than_a_batch_holds(void **state)
{
    static struct answer answers[3000];
    unsigned unavailable = 0;
    char sender[32];
    (void)state;
    memset(answers, 0, sizeof answers);
    for (int i = 0; i < 3000; i++) {
        snprintf(sender, sizeof sender, "s%d@b.example", i);
        (void)ask_of(greylist, "n.example", i / 3, sender, "u@example.com", on_answer, &answers[i]);
    }
    for (int i = 0; i < 3000; i++) {
        database_run_until(base, is_answered, &answers[i]);
        unavailable += answers[i].outcome == GREYLIST_UNAVAILABLE;
        assert_int_equal(answers[i].times, 1);
    }
    assert_int_equal(unavailable, 3000 - 2048);
    assert_string_equal(count_rows(), "2048");
}

// Values that bypassed the constraints; the database would refuse the statement.
static int setup_broken(void **state)
{
    (void)state;
    return greylist_setup_rows(
        "setting greylist_delay value=-5\nsetting greylist_window value=9223372036854775807\n"
        "setting greylist_lifetime value=99999999999999\n"
        "setting greylist_client_passes value=99999999999\n"
        "setting greylist_client_interval value=soon\n");
}

static void test_broken_settings_have_their_defaults(void **state)
{
    (void)state;
    assert_false(passes("n.example", "a@b.example"));
    age("119 s");
    assert_false(passes("n.example", "a@b.example"));
    age("2 s");
    assert_true(passes("n.example", "a@b.example"));
}

static void test_hung_database_is_left_at_the_deadline(void **state)
{
    struct answer answer = {.times = 0};
    (void)state;
    assert_false(passes("n.example", "a@b.example"));
    (void)database_value("begin");
    (void)database_value("lock table greylist in access exclusive mode");
    const int64_t begun = clock_mono_ms();
    assert_int_equal(outcome("n.example", "b@b.example"), GREYLIST_UNAVAILABLE);
    assert_in_range(clock_mono_ms() - begun, TIMEOUT_MS - 50, TIMEOUT_MS + 400);
    assert_null(ask("n.example", "c@b.example", &answer)); // not connected: at once
    assert_int_equal(answer.outcome, GREYLIST_UNAVAILABLE);
    (void)database_value("commit");
    database_run_until(base, is_connected, greylist);
    assert_false(passes("n.example", "a@b.example"));
}

// Last, since it takes the server away.
static void test_killed_database_is_told_at_once(void **state)
{
    struct answer flying = {.times = 0}, gathering = {.times = 0}, later = {.times = 0};
    (void)state;
    (void)ask("n.example", "a@b.example", &flying);
    event_base_loop(base, EVLOOP_NONBLOCK);
    (void)ask("n.example", "b@b.example", &gathering);
    (void)database_value("select pg_terminate_backend(pid) from pg_stat_activity where usename = "
                         "'emailgency_daemon'");
    kill(probe_postmaster(), SIGKILL);
    const int64_t begun = clock_mono_ms();
    database_run_until(base, is_answered, &flying);
    database_run_until(base, is_answered, &gathering);
    assert_in_range(clock_mono_ms() - begun, 0, TIMEOUT_MS - 100);
    assert_null(ask("n.example", "c@b.example", &later));
    assert_int_equal(later.outcome, GREYLIST_UNAVAILABLE);
    probe_start_server();
    database_reconnect();
    (void)database_value("truncate greylist");
    database_run_until(base, is_connected, greylist);
    assert_false(passes("n.example", "a@b.example"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, greylist_setup, greylist_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_cancelled_ask_is_recorded_and_silent),
        TEST(test_destroying_answers_who_waits),
        TEST(test_hostile_bytes_break_no_batch),
        TEST(test_long_keys_are_taken),
        TEST(test_more_than_a_batch_holds),
        cmocka_unit_test_setup_teardown(test_broken_settings_have_their_defaults, setup_broken,
                                        greylist_teardown),
        TEST(test_hung_database_is_left_at_the_deadline),
        TEST(test_killed_database_is_told_at_once),
    };
    return cmocka_run_group_tests(tests, database_setup, database_teardown);
}
