// SPDX-License-Identifier: BSD-2-Clause
// A node's copy of the counts: hours and days that end, what the database has, what comes late, the bound.
#include "base/clock.h"
#include "policyd/outbound/outbound_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define NOON INT64_C(1764417600) // 2025-11-29 12:00:00 UTC
#define ANNA SLICE("anna@a.example")

static const struct outbound_count three = {1, 3};

static struct outbound_counts counts_at(struct outbound_memory *memory, int64_t now)
{
    struct outbound_counts counts;
    outbound_memory_read(memory, ANNA, now, &counts);
    return counts;
}

static void test_spans_end(void **state)
{
    struct outbound_memory *memory = outbound_memory_create(100);
    (void)state;
    outbound_memory_add(memory, ANNA, NOON, &three);
    outbound_memory_add(memory, ANNA, NOON, &three);
    assert_int_equal(counts_at(memory, NOON + 3599).hour.messages, 2);
    assert_int_equal(counts_at(memory, NOON + 3599).hour.recipients, 6);
    assert_int_equal(counts_at(memory, NOON + 3600).hour.messages, 0);
    assert_int_equal(counts_at(memory, NOON + 3600).day.messages, 2);
    assert_int_equal(counts_at(memory, NOON + 12 * 3600).day.recipients, 0);
    outbound_memory_add(memory, ANNA, NOON + 3600, &three);
    assert_int_equal(counts_at(memory, NOON + 3600).hour.messages, 1);
    assert_int_equal(counts_at(memory, NOON + 3600).day.messages, 3);
    outbound_memory_add(memory, ANNA, NOON, &three); // late
    assert_int_equal(counts_at(memory, NOON + 3600).hour.messages, 1);
    assert_int_equal(counts_at(memory, NOON + 3600).day.messages, 4);
    outbound_memory_destroy(memory);
}

static void test_database(void **state)
{
    struct outbound_memory *memory = outbound_memory_create(100);
    const struct outbound_total total = {
        .hour = NOON, .day = NOON - 12 * 3600, .counts = {.hour = {5, 50}, .day = {7, 70}}};
    (void)state;
    assert_true(outbound_memory_read_at(memory, ANNA) == INT64_MIN);
    outbound_memory_add(memory, ANNA, NOON, &three);
    assert_true(outbound_memory_read_at(memory, ANNA) == INT64_MIN);
    outbound_memory_set(memory, ANNA, &total, 1234);
    assert_int_equal(outbound_memory_read_at(memory, ANNA), 1234);
    assert_int_equal(counts_at(memory, NOON).hour.messages, 5);
    outbound_memory_add(memory, ANNA, NOON, &three);
    assert_int_equal(counts_at(memory, NOON).day.recipients, 73);
    outbound_memory_set(memory, ANNA, NULL, 1300); // an operator has removed the row
    assert_int_equal(counts_at(memory, NOON).day.messages, 0);
    outbound_memory_destroy(memory);
}

static void test_bound(void **state)
{
    struct outbound_memory *memory = outbound_memory_create(50);
    (void)state;
    for (int i = 0; i < 1000; i++) {
        char name[40];
        const int len = snprintf(name, sizeof name, "u%d@a.example", i);
        outbound_memory_add(memory, slice_make(name, (size_t)len), NOON, &three);
    }
    assert_true(outbound_memory_count(memory) <= 50);
    outbound_memory_destroy(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_spans_end), cmocka_unit_test(test_database),
                                       cmocka_unit_test(test_bound)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
