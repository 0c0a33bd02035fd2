// SPDX-License-Identifier: BSD-2-Clause
// Counts on their way to a real PostgreSQL: none is lost, none counts twice.
#include "activity/activity.h"

#include "base/clock.h"
#include "database_fixture.h"
#include "database_proxy.h"
#include "pg_probe.h"
#include "scratch.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { INTERVAL_MS = 20, TIMEOUT_MS = 500 };

static struct event_base *base;
static struct activity *activity;
static char folder[128], spool[160];

static struct activity *open_activity(const char *node, const char *host)
{
    const struct activity_spec spec = {.node = node,
                                       .spool = spool,
                                       .interval_ms = INTERVAL_MS,
                                       .database = database_spec(host, TIMEOUT_MS)};
    return activity_create(base, &spec);
}

static int setup(void **state)
{
    (void)state;
    (void)database_value("truncate activity, activity_batch");
    base = event_base_new();
    snprintf(folder, sizeof folder, "%s", scratch_make());
    snprintf(spool, sizeof spool, "%s/spool", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    activity_destroy(activity);
    activity = NULL;
    event_base_free(base);
    scratch_remove();
    return 0;
}

static void count(unsigned times, const char *domain, const char *metric)
{
    while (times--)
        activity_count(activity, slice_from(domain), metric);
}

static long total(void)
{
    return strtol(database_value("select coalesce(sum(count), 0) from activity"), NULL, 10);
}

static bool total_is(void *arg)
{
    return total() >= *(const long *)arg;
}

// Waits for the sum of all counts, and sees that it grows no further.
static void wait_total(long wanted)
{
    database_run_until(base, total_is, &wanted);
    database_run_ms(base, 5 * INTERVAL_MS);
    assert_int_equal(total(), wanted);
}

static bool is_spooled(void *arg)
{
    (void)arg;
    return access(spool, F_OK) == 0;
}

static bool is_not_spooled(void *arg)
{
    return !is_spooled(arg);
}

static void test_counts_arrive(void **state)
{
    (void)state;
    activity = open_activity("mx1", NULL);
    count(3, "a.example", "passed");
    count(2, "a.example", "greylisted");
    count(1, "b.example", "passed");
    wait_total(6);
    count(4, "a.example", "passed");
    wait_total(10);
    assert_string_equal(database_value("select count from activity where domain = 'a.example' and day = "
                                       "(now() at time zone 'utc')::date and metric = 'passed'"),
                        "7");
    assert_false(is_spooled(NULL));
}

static void test_more_keys_than_a_batch_holds(void **state)
{
    char domain[32];
    (void)state;
    activity = open_activity("mx1", NULL);
    for (int i = 0; i < 12000; i++) {
        snprintf(domain, sizeof domain, "d%d.example", i);
        count(1, domain, "passed");
    }
    wait_total(12000);
    assert_true(strtol(database_value("select count(*) from activity_batch"), NULL, 10) >= 3);
}

// PostgreSQL takes no name that is not UTF-8, and the spool no line feed in it.
static void test_node_of_any_bytes(void **state)
{
    (void)state;
    activity = open_activity("m x\n\xff\xe4\x01", NULL);
    count(1, "a.example", "passed");
    wait_total(1);
    assert_int_equal(strncmp(database_value("select node from activity_batch"), "m_x____:", 8), 0);
}

static void test_days_follow_the_wall_clock_either_way(void **state)
{
    static const int64_t walls[] = {1767225600, 1767225599, 1767312000, 0};
    (void)state;
    activity = open_activity("mx1", NULL);
    for (size_t i = 0; i < 4; i++) {
        clock_set(walls[i], clock_mono_ms());
        count(1, "a.example", "passed");
    }
    clock_reset();
    wait_total(4);
    assert_string_equal(database_value("select string_agg(day::text, ' ' order by day) from activity"),
                        "1970-01-01 2025-12-31 2026-01-01 2026-01-02");
}

// The server has committed, and its answer is lost: the batch is sent again and counts once.
static void test_lost_answer_counts_once(void **state)
{
    char proxied[160];
    (void)state;
    snprintf(proxied, sizeof proxied, "%s", folder);
    struct proxy *proxy = proxy_create(base, proxied, getenv("PG_TEST_HOST"));
    activity = open_activity("mx1", proxied);
    count(1, "a.example", "passed");
    wait_total(1);
    for (long round = 1; round <= 5; round++) {
        count(10, "a.example", "passed");
        proxy_lose_next_answer(proxy);
        wait_total(1 + 10 * round);
        while (proxy_lost(proxy) < round)
            database_run_ms(base, INTERVAL_MS);
    }
    count(1, "a.example", "passed");
    wait_total(52);
    activity_destroy(activity);
    activity = NULL;
    proxy_destroy(proxy);
}

static void test_refused_batch_is_kept(void **state)
{
    (void)state;
    activity = open_activity("mx1", NULL);
    count(1, "a.example", "passed");
    wait_total(1);
    (void)database_value("alter table activity add constraint no_bad check (domain <> 'bad.example')");
    count(1, "bad.example", "passed");
    database_run_until(base, is_spooled, NULL); // it would outlive a kill -9
    count(5, "a.example", "passed");
    wait_total(6); // and holds no other up
    (void)database_value("alter table activity drop constraint no_bad");
    wait_total(7);
    database_run_until(base, is_not_spooled, NULL);
}

static void test_hung_database_loses_nothing(void **state)
{
    (void)state;
    activity = open_activity("mx1", NULL);
    count(1, "a.example", "passed");
    wait_total(1);
    (void)database_value("begin");
    (void)database_value("lock table activity in access exclusive mode");
    count(2, "a.example", "passed");
    database_run_until(base, is_spooled, NULL);
    count(3, "a.example", "passed");
    (void)database_value("commit");
    wait_total(6);
    database_run_until(base, is_not_spooled, NULL);
}

// Runs `work` in a process that ends by kill -9 when it returns.
static void run_killed(void (*work)(void))
{
    int status = 0;
    const pid_t child = fork();
    if (child == 0) {
        base = event_base_new();
        work();
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void count_without_database(void)
{
    activity = open_activity("mx1", "/nowhere");
    count(7, "a.example", "passed");
    database_run_until(base, is_spooled, NULL);
}

static void test_killed_without_database(void **state)
{
    (void)state;
    run_killed(count_without_database);
    activity = open_activity("mx1", NULL);
    wait_total(7);
    database_run_until(base, is_not_spooled, NULL);
}

static void test_killed_again_and_again(void **state)
{
    (void)state;
    run_killed(count_without_database);
    for (int i = 0; i < 3; i++) {
        struct stat before, after;
        assert_int_equal(stat(spool, &before), 0);
        run_killed(count_without_database); // reads the spool and writes it again
        assert_int_equal(stat(spool, &after), 0);
    }
    activity = open_activity("mx1", NULL);
    database_run_ms(base, 300);
    // Counts after the first write of the spool are within the interval that may be lost.
    assert_in_range(total(), 7, 28);
    assert_int_equal(total() % 7, 0);
}

// Killed after the commit and before the spool was removed: what the file holds counts no second time.
static void test_spool_of_what_is_in_already(void **state)
{
    char command[400];
    (void)state;
    activity = open_activity("mx1", "/nowhere");
    count(3, "a.example", "passed");
    database_run_until(base, is_spooled, NULL);
    snprintf(command, sizeof command, "cp %s %s.copy", spool, spool);
    assert_int_equal(system(command), 0);
    activity_destroy(activity);
    for (int round = 0; round < 3; round++) {
        activity = open_activity("mx1", NULL);
        wait_total(3);
        activity_destroy(activity);
        snprintf(command, sizeof command, "cp %s.copy %s", spool, spool);
        assert_int_equal(system(command), 0);
    }
    activity = NULL;
}

static void test_orderly_end_without_database(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        activity = open_activity("mx1", "/nowhere");
        count(2, "a.example", "passed");
        activity_destroy(activity);
        assert_true(is_spooled(NULL));
    }
    activity = open_activity("mx1", NULL);
    wait_total(6);
    database_run_until(base, is_not_spooled, NULL);
}

static void on_flushed(void *arg)
{
    ++*(unsigned *)arg;
}

static bool is_flushed(void *arg)
{
    return *(unsigned *)arg == 1;
}

static void test_flush_sends_at_once(void **state)
{
    unsigned flushed = 0;
    (void)state;
    activity = open_activity("mx1", NULL);
    count(1, "a.example", "passed");
    wait_total(1);
    activity_set_interval(activity, 600000);
    count(9, "a.example", "passed");
    activity_flush(activity, on_flushed, &flushed);
    database_run_until(base, is_flushed, &flushed);
    assert_int_equal(total(), 10);
    assert_int_equal(flushed, 1);
}

static void test_flush_without_database_ends_at_once(void **state)
{
    unsigned flushed = 0;
    (void)state;
    activity = open_activity("mx1", "/nowhere");
    count(9, "a.example", "passed");
    activity_flush(activity, on_flushed, &flushed);
    assert_int_equal(flushed, 1);
}

// From an interval of ten minutes to one of 20 ms, as SIGHUP does it.
static void test_interval_can_change(void **state)
{
    (void)state;
    activity = open_activity("mx1", NULL);
    activity_set_interval(activity, 600000);
    database_run_ms(base, 5 * INTERVAL_MS);
    count(1, "a.example", "passed");
    database_run_ms(base, 5 * INTERVAL_MS);
    assert_int_equal(total(), 0);
    activity_set_interval(activity, INTERVAL_MS);
    wait_total(1);
}

static void test_spool_in_an_unwritable_folder(void **state)
{
    (void)state;
    snprintf(spool, sizeof spool, "/nowhere/at/all");
    activity = open_activity("mx1", "/nowhere");
    count(1, "a.example", "passed");
    database_run_ms(base, 5 * INTERVAL_MS);
    activity_destroy(activity);
    activity = open_activity("mx1", NULL);
    count(2, "a.example", "passed");
    wait_total(2);
}

// Last, since it takes the server away.
static void test_killed_database_loses_nothing(void **state)
{
    (void)state;
    activity = open_activity("mx1", NULL);
    count(1, "a.example", "passed");
    wait_total(1);
    kill(probe_postmaster(), SIGKILL);
    long counted = 1; // its last session may take a batch more before it sees that
    for (; !is_spooled(NULL); counted++) {
        count(1, "a.example", "passed");
        database_run_ms(base, INTERVAL_MS);
    }
    count(4, "a.example", "passed");
    probe_start_server();
    database_reconnect();
    wait_total(counted + 4);
    database_run_until(base, is_not_spooled, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_counts_arrive),
        TEST(test_more_keys_than_a_batch_holds),
        TEST(test_node_of_any_bytes),
        TEST(test_days_follow_the_wall_clock_either_way),
        TEST(test_lost_answer_counts_once),
        TEST(test_refused_batch_is_kept),
        TEST(test_hung_database_loses_nothing),
        TEST(test_killed_without_database),
        TEST(test_killed_again_and_again),
        TEST(test_spool_of_what_is_in_already),
        TEST(test_orderly_end_without_database),
        TEST(test_flush_sends_at_once),
        TEST(test_flush_without_database_ends_at_once),
        TEST(test_interval_can_change),
        TEST(test_spool_in_an_unwritable_folder),
        TEST(test_killed_database_loses_nothing),
    };
    return cmocka_run_group_tests(tests, database_setup, database_teardown);
}
