// SPDX-License-Identifier: BSD-2-Clause
// Counts of many threads reach a real PostgreSQL: each message counts once, none is lost.
#include "milter/domain_counts.h"

#include "database_fixture.h"

#include <event2/event.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { INTERVAL_MS = 20, TIMEOUT_MS = 5000, THREADS = 8, MESSAGES = 3000 };

static struct event_base *base;
static struct activity *activity;

static int setup(void **state)
{
    (void)state;
    (void)database_value("truncate activity, activity_batch");
    base = event_base_new();
    activity = activity_create(base, &(struct activity_spec){.node = "counts",
                                                             .spool = "",
                                                             .interval_ms = INTERVAL_MS,
                                                             .database = database_spec(NULL, TIMEOUT_MS)});
    assert_non_null(activity);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    activity_destroy(activity);
    event_base_free(base);
    return 0;
}

static long count_of(const char *domain, const char *metric)
{
    return strtol(database_value("select coalesce(sum(count), 0) from activity"
                                 " where domain = '%s' and metric = '%s'",
                                 domain, metric),
                  NULL, 10);
}

static bool has_sum(void *arg)
{
    const char *sum = database_value("select coalesce(sum(count), 0) from activity");
    return strtol(sum, NULL, 10) >= *(const long *)arg;
}

// Waits for the sum of all counts, and checks that it grows no further.
static void wait_sum(long sum)
{
    domain_counts_collect(activity);
    database_run_until(base, has_sum, &sum);
    domain_counts_collect(activity);
    database_run_ms(base, 5 * INTERVAL_MS);
    assert_int_equal(strtol(database_value("select sum(count) from activity"), NULL, 10), sum);
}

// However many recipients have the pair.
static void test_a_pair_counts_once(void **state)
{
    static const char refused[] = "spf_refused", bytes[] = "accepted_bytes";
    struct domain_counts domains = {NULL}, counts = {NULL};
    (void)state;
    domain_counts_note(&domains, SLICE("a.example"), "", 1);
    domain_counts_note(&domains, SLICE("b.example"), "", 1);
    domain_counts_note(&domains, SLICE("a.example"), "", 1);
    domain_counts_note(&counts, SLICE("a.example"), refused, 1);
    domain_counts_note(&counts, SLICE("a.example"), refused, 1);
    domain_counts_note(&counts, SLICE("c.example"), bytes, 70);
    domain_counts_note_domains(&counts, &domains, bytes, 500);
    domain_counts_note_domains(&counts, &domains, bytes, 900);
    domain_counts_drop(&domains);
    assert_null(domains.entries);
    domain_counts_post(&counts);
    assert_null(counts.entries);
    domain_counts_post(&counts);
    wait_sum(1 + 500 + 500 + 70);
    assert_int_equal(count_of("a.example", refused), 1);
    assert_int_equal(count_of("a.example", bytes), 500);
    assert_int_equal(count_of("b.example", bytes), 500);
    assert_int_equal(count_of("c.example", bytes), 70);
}

static void test_what_is_dropped_is_not_counted(void **state)
{
    struct domain_counts counts = {NULL};
    (void)state;
    domain_counts_note(&counts, SLICE("a.example"), "accepted_messages", 1);
    domain_counts_drop(&counts);
    domain_counts_drop(&counts);
    domain_counts_post(&counts);
    domain_counts_note(&counts, SLICE("b.example"), "accepted_messages", 1);
    domain_counts_post(&counts);
    wait_sum(1);
    assert_int_equal(count_of("b.example", "accepted_messages"), 1);
}

static atomic_int working;

// Every third message is refused, each goes to two domains.
static void *work(void *arg)
{
    (void)arg;
    for (int i = 0; i < MESSAGES; i++) {
        struct domain_counts domains = {NULL}, counts = {NULL};
        domain_counts_note(&domains, SLICE("a.example"), "", 1);
        domain_counts_note(&domains, i % 2 ? SLICE("b.example") : SLICE("c.example"), "", 1);
        if (i % 3 == 0)
            domain_counts_note_domains(&counts, &domains, "too_big", 1);
        else
            domain_counts_note_domains(&counts, &domains, "accepted_bytes", 10);
        domain_counts_post(&counts);
        domain_counts_drop(&domains);
    }
    atomic_fetch_sub(&working, 1);
    return NULL;
}

static void test_many_threads(void **state)
{
    pthread_t threads[THREADS];
    (void)state;
    atomic_store(&working, THREADS);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, NULL), 0);
    while (atomic_load(&working) > 0) {
        domain_counts_collect(activity);
        database_run_ms(base, 1);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    wait_sum(2 * THREADS * MESSAGES / 3 * (1 + 2 * 10));
    assert_int_equal(count_of("a.example", "too_big"), THREADS * MESSAGES / 3);
    assert_int_equal(count_of("b.example", "too_big"), THREADS * MESSAGES / 6);
    assert_int_equal(count_of("c.example", "too_big"), THREADS * MESSAGES / 6);
    assert_int_equal(count_of("a.example", "accepted_bytes"), THREADS * MESSAGES * 2 / 3 * 10);
    assert_int_equal(count_of("b.example", "accepted_bytes"), THREADS * MESSAGES / 3 * 10);
    assert_int_equal(count_of("c.example", "accepted_bytes"), THREADS * MESSAGES / 3 * 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_pair_counts_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_dropped_is_not_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_threads, setup, teardown),
    };
    return cmocka_run_group_tests(tests, database_setup, database_teardown);
}
