// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/transaction.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct transactions *instances;

static int setup(void **state)
{
    (void)state;
    clock_set(1700000000, 1000);
    instances = transactions_create();
    return instances ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    transactions_destroy(instances);
    clock_reset();
    return 0;
}

static struct transaction *named(const char *name)
{
    return transactions_obtain(instances, transaction_key(slice_from(name)));
}

static bool first(struct transaction *transaction, struct slice domain, unsigned metric)
{
    const uint64_t bit = UINT64_C(1) << metric;
    const uint64_t counted = transaction_first(transaction, domain, bit);
    assert_true(counted == 0 || counted == bit);
    return counted == bit;
}

static struct policy_facts recalled(const char *name, struct dnsbl_result *listing)
{
    struct policy_facts facts = {.has_dnsbl = true, .has_greylist = true};
    transaction_recall(named(name), &facts, listing);
    return facts;
}

static void test_nothing_is_known_of_no_instance(void **state)
{
    struct dnsbl_result listing = {.zone = "left over"};
    const struct policy_facts facts = recalled("", &listing);
    (void)state;
    assert_null(named(""));
    assert_false(facts.has_dnsbl || facts.has_greylist);
    assert_string_equal(listing.zone, "");
    transaction_remember(NULL, &facts, &listing);
    assert_true(first(NULL, SLICE("example.com"), 1));
    assert_true(first(NULL, SLICE("example.com"), 1));
}

static void test_facts_are_those_of_the_transaction(void **state)
{
    const struct policy_facts found = {.has_dnsbl = true, .dnsbl = DNSBL_LISTED};
    struct dnsbl_result listing = {.weight = 3, .zone = "bl.example", .text = "see there"};
    (void)state;
    transaction_remember(named("a.1"), &found, &listing);
    assert_false(recalled("a.2", &listing).has_dnsbl);
    assert_string_equal(listing.text, "");
    const struct policy_facts facts = recalled("a.1", &listing);
    assert_true(facts.has_dnsbl && !facts.has_greylist);
    assert_int_equal(facts.dnsbl, DNSBL_LISTED);
    assert_int_equal(listing.weight, 3);
    assert_string_equal(listing.zone, "bl.example");
    assert_string_equal(listing.text, "see there");
}

static void test_long_listing_is_cut(void **state)
{
    struct dnsbl_result listing = {.weight = 1};
    const struct policy_facts found = {.has_dnsbl = true};
    (void)state;
    memset(listing.zone, 'z', sizeof listing.zone - 1);
    memset(listing.text, 't', sizeof listing.text - 1);
    transaction_remember(named("a.1"), &found, &listing);
    (void)recalled("a.1", &listing);
    assert_true(strlen(listing.zone) > 50 && strlen(listing.zone) < 200);
    assert_true(strlen(listing.text) > 100);
}

static void test_counts_once(void **state)
{
    (void)state;
    for (unsigned metric = 0; metric < 20; metric++)
        assert_true(first(named("a.1"), SLICE("example.com"), metric));
    for (unsigned metric = 0; metric < 20; metric++)
        assert_false(first(named("a.1"), SLICE("example.com"), metric));
    assert_true(first(named("a.1"), SLICE("example.net"), 3));
    assert_true(first(named("a.2"), SLICE("example.com"), 3));
    assert_false(first(named("a.2"), SLICE("example.com"), 3));
}

static void test_metrics_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(transaction_first(named("a.1"), SLICE("example.com"), 5), 5);
    assert_int_equal(transaction_first(named("a.1"), SLICE("example.com"), 7), 2);
    assert_int_equal(transaction_first(NULL, SLICE("example.com"), 7), 7);
}

// A newsletter to many customers: each domain counts once, however many there are.
static void test_many_domains_count_once_each(void **state)
{
    char domain[32];
    (void)state;
    for (int round = 0; round < 3; round++)
        for (int transaction = 0; transaction < 3; transaction++)
            for (int i = 0; i < 100; i++) {
                char name[16];
                snprintf(name, sizeof name, "a.%d", transaction);
                snprintf(domain, sizeof domain, "d%d.example", i);
                assert_int_equal(first(named(name), slice_from(domain), 5), round == 0);
                assert_int_equal(first(named(name), slice_from(domain), 6), round == 0);
            }
}

static void test_forgets_after_an_hour_whatever_the_wall_clock_does(void **state)
{
    (void)state;
    assert_true(first(named("a.1"), SLICE("example.com"), 1));
    clock_set(0, 1000);
    assert_false(first(named("a.1"), SLICE("example.com"), 1));
    clock_set(4000000000, 3600000);
    assert_false(first(named("a.1"), SLICE("example.com"), 1));
    clock_set(4000000000, 3601000);
    assert_true(first(named("a.1"), SLICE("example.com"), 1));
}

static void test_memory_is_bounded(void **state)
{
    char name[16];
    (void)state;
    assert_true(first(named("first"), SLICE("example.com"), 1));
    for (int i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "a.%d", i);
        assert_non_null(named(name));
    }
    assert_true(first(named("first"), SLICE("example.com"), 1));
    assert_true(first(named("a.19999"), SLICE("example.com"), 1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_is_known_of_no_instance),
        TEST(test_facts_are_those_of_the_transaction),
        TEST(test_long_listing_is_cut),
        TEST(test_counts_once),
        TEST(test_metrics_are_told_apart),
        TEST(test_many_domains_count_once_each),
        TEST(test_forgets_after_an_hour_whatever_the_wall_clock_does),
        TEST(test_memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
