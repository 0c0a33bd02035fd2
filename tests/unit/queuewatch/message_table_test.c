// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/tally/message_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { IDS = 300, ROUNDS = 20000 };

static struct queue_id id_of(unsigned number)
{
    return (struct queue_id){.inode = 1000 + number / 3,
                             .seconds = number % 2 ? 0 : 1795944265,
                             .microseconds = number % 3,
                             .is_short = number % 2};
}

// Puts, finds and sweeps as they come, beside an array.
static void test_random_work(void **state)
{
    static bool there[IDS];
    struct message_table *table = message_table_create(IDS);
    unsigned seed = 4711;
    size_t count = 0;
    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        const unsigned number = (unsigned)rand_r(&seed) % IDS;
        const struct queue_id id = id_of(number);
        struct message *message = message_table_find(table, &id);
        assert_int_equal(message != NULL, there[number]);
        if (message && rand_r(&seed) % 3 == 0) {
            message->is_gone = 1;
            there[number] = false;
            count--;
            message_table_sweep(table);
        } else if (!message && rand_r(&seed) % 2 == 0) {
            message = message_table_put(table, &id);
            assert_non_null(message);
            const struct queue_id back = message_table_id(message);
            assert_true(queue_id_equal(&back, &id));
            there[number] = true;
            count++;
        }
        assert_int_equal(message_table_count(table), count);
    }
    message_table_destroy(table);
}

static void test_sweep_takes_all_that_is_gone(void **state)
{
    struct message_table *table = message_table_create(IDS);
    (void)state;
    for (unsigned i = 0; i < IDS; i++) {
        const struct queue_id id = id_of(i);
        message_table_put(table, &id)->is_gone = i % 3 != 0;
    }
    message_table_sweep(table);
    for (unsigned i = 0; i < IDS; i++) {
        const struct queue_id id = id_of(i);
        assert_int_equal(message_table_find(table, &id) != NULL, i % 3 == 0);
    }
    message_table_destroy(table);
}

static void test_it_is_bounded(void **state)
{
    struct message_table *table = message_table_create(10);
    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        const struct queue_id id = id_of(i);
        assert_non_null(message_table_put(table, &id));
    }
    const struct queue_id one = id_of(3), more = id_of(10);
    assert_null(message_table_put(table, &more));
    assert_non_null(message_table_put(table, &one));
    message_table_destroy(table);
}

static void expect_targets(const struct message_table *table, const struct message *message, size_t count,
                           const uint32_t *wanted)
{
    const uint32_t *targets;
    assert_int_equal(message_table_targets(table, message, &targets), count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(targets[i], wanted[i]);
}

static void test_targets(void **state)
{
    struct message_table *table = message_table_create(1000);
    const struct queue_id id = id_of(1);
    struct message *message = message_table_put(table, &id);
    (void)state;
    expect_targets(table, message, 0, NULL);
    message_table_add_target(table, message, 7);
    message_table_add_target(table, message, 7);
    expect_targets(table, message, 1, (uint32_t[]){7});
    message_table_add_target(table, message, 9);
    message_table_add_target(table, message, 7);
    expect_targets(table, message, 2, (uint32_t[]){7, 9});
    for (uint32_t i = 0; i < 100; i++)
        message_table_add_target(table, message, 100 + i);
    const uint32_t *targets;
    assert_int_equal(message_table_targets(table, message, &targets), MESSAGE_TARGETS_MAX);
    message_table_set_none(table, message, MESSAGE_OTHER);
    expect_targets(table, message, 0, NULL);
    message_table_destroy(table);
}

static void test_targets_of_another_list(void **state)
{
    struct message_table *table = message_table_create(1000);
    const struct queue_id ids[] = {id_of(0), id_of(1), id_of(2)};
    const uint32_t map[] = {2, MESSAGE_OTHER, 0};
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        message_table_add_target(table, message_table_put(table, &ids[i]), i);
    message_table_add_target(table, message_table_find(table, &ids[0]), 1);
    message_table_add_target(table, message_table_find(table, &ids[0]), 2);
    message_table_map_targets(table, map);
    expect_targets(table, message_table_find(table, &ids[0]), 2, (uint32_t[]){2, 0});
    expect_targets(table, message_table_find(table, &ids[1]), 0, NULL);
    expect_targets(table, message_table_find(table, &ids[2]), 1, (uint32_t[]){0});
    message_table_destroy(table);
}

// One message in eight may have several targets; a set that was released is used again.
static void test_sets_are_bounded(void **state)
{
    struct message_table *table = message_table_create(80);
    const uint32_t *targets;
    unsigned with_two = 0;
    (void)state;
    for (int round = 0; round < 3; round++) {
        with_two = 0;
        for (unsigned i = 0; i < 80; i++) {
            const struct queue_id id = id_of(i);
            struct message *message = message_table_put(table, &id);
            message_table_add_target(table, message, 1);
            message_table_add_target(table, message, 2);
            with_two += message_table_targets(table, message, &targets) == 2;
        }
        assert_int_equal(with_two, 11);
        for (size_t slot = 0; slot < message_table_slots(table); slot++)
            if (message_table_slot(table, slot))
                message_table_slot(table, slot)->is_gone = 1;
        message_table_sweep(table);
        assert_int_equal(message_table_count(table), 0);
    }
    message_table_destroy(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_work),      cmocka_unit_test(test_sweep_takes_all_that_is_gone),
        cmocka_unit_test(test_it_is_bounded),    cmocka_unit_test(test_targets),
        cmocka_unit_test(test_sets_are_bounded), cmocka_unit_test(test_targets_of_another_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
