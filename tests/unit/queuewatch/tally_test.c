// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/tally/oldest.h"
#include "queuewatch/tally/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct watch_list *make_list(void)
{
    struct watch_list *list = watch_list_create();
    watch_list_add_domain(list, SLICE("d1.example"), SLICE("d1example.service.example"), 60, 2);
    watch_list_add_domain(list, SLICE("a-b.example"), SLICE(""), 10, 1);
    watch_list_add_domain(list, SLICE("a.b.example"), SLICE(""), 10, 100);
    watch_list_add_alias(list, SLICE("alias.example"), SLICE("d1.example"));
    watch_list_add_alias(list, SLICE("lost.example"), SLICE("no.example"));
    watch_list_add_alias(list, SLICE("a-b.example"),
                         SLICE("d1.example")); // a domain's own name stays its own
    return list;
}

static void expect_name(const struct watch_list *list, struct slice domain, const char *wanted)
{
    char name[WATCH_NAME_MAX] = "none";
    const uint32_t target = watch_list_target(list, domain);
    if (target != WATCH_NONE)
        (void)watch_list_name(list, target, name);
    assert_string_equal(name, wanted);
}

static void test_recipients(void **state)
{
    struct watch_list *list = make_list();
    (void)state;
    expect_name(list, SLICE("D1.Example"), "d1.example");
    expect_name(list, SLICE("alias.example"), "d1.example");
    expect_name(list, SLICE("d1example.service.example"), "d1.example");
    expect_name(list, SLICE("d1.example.store.invalid"), "d1.example.store.invalid");
    expect_name(list, SLICE("a-b.example"), "a-b.example");
    expect_name(list, SLICE("lost.example"), "none");
    expect_name(list, SLICE("sub.d1.example"), "none");
    expect_name(list, SLICE(""), "none");
    watch_list_destroy(list);
}

// The table of names grows while aliases are added.
static void test_many_aliases(void **state)
{
    struct watch_list *list = make_list();
    char alias[40];
    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(alias, sizeof alias, "alias%u.example", i);
        watch_list_add_alias(list, slice_from(alias), SLICE("d1.example"));
    }
    expect_name(list, SLICE("alias0.example"), "d1.example");
    expect_name(list, SLICE("alias4999.example"), "d1.example");
    watch_list_destroy(list);
}

static void expect_log(const struct watch_list *list, struct slice file, const char *wanted)
{
    char name[WATCH_NAME_MAX] = "none";
    uint32_t log;
    const uint32_t target = watch_list_log(list, file, &log);
    if (target == WATCH_SEVERAL)
        snprintf(name, sizeof name, "several");
    else if (target != WATCH_NONE)
        (void)watch_list_name(list, target, name);
    assert_true(target == WATCH_NONE || log < watch_list_logs(list));
    assert_string_equal(name, wanted);
}

static void test_logs(void **state)
{
    struct watch_list *list = make_list();
    (void)state;
    expect_log(list, SLICE("d1_example"), "d1.example");
    expect_log(list, SLICE("alias_example"), "d1.example");
    expect_log(list, SLICE("d1_example_store_invalid"), "d1.example.store.invalid");
    expect_log(list, SLICE("a_b_example"), "several");
    expect_log(list, SLICE("a_b_example_store_invalid"), "several");
    expect_log(list, SLICE("other_example"), "none");
    watch_list_destroy(list);
}

static void test_marks(void **state)
{
    struct watch_list *lists[] = {make_list(), make_list(), make_list()};
    (void)state;
    watch_list_add_alias(lists[2], SLICE("new.example"), SLICE("d1.example"));
    const struct watch_list_mark marks[] = {watch_list_mark(lists[0]), watch_list_mark(lists[1]),
                                            watch_list_mark(lists[2])};
    assert_true(marks[0].hash == marks[1].hash && marks[0].names == marks[1].names);
    assert_true(marks[0].hash != marks[2].hash);
    for (int i = 0; i < 3; i++)
        watch_list_destroy(lists[i]);
}

enum { NOW = 1795944265 };

static struct message *put(struct message_table *table, unsigned number, int64_t age, enum queue_name queue)
{
    const struct queue_id id = {.inode = number, .seconds = (uint32_t)(NOW - age), .microseconds = number};
    struct message *message = message_table_put(table, &id);
    message->queue = queue & 3;
    return message;
}

static void add(struct message_table *table, struct message *message, const struct watch_list *list,
                struct slice domain)
{
    message_table_add_target(table, message, watch_list_target(list, domain));
    message->source = MESSAGE_LOGGED;
}

static void expect_count(const struct tally *tally, const struct watch_list *list, struct slice domain,
                         unsigned messages, unsigned late, int64_t oldest_age)
{
    const struct tally_count *count = &tally->targets[watch_list_target(list, domain)];
    assert_int_equal(count->messages, messages);
    assert_int_equal(count->late, late);
    assert_int_equal(count->oldest, NOW - oldest_age);
}

static void test_counts(void **state)
{
    struct watch_list *list = make_list();
    struct message_table *table = message_table_create(100);
    struct tally tally;
    (void)state;
    add(table, put(table, 1, 3600, QUEUE_DEFERRED), list, SLICE("d1.example"));
    add(table, put(table, 2, 3599, QUEUE_DEFERRED), list, SLICE("alias.example"));
    struct message *both = put(table, 3, 700, QUEUE_HOLD);
    add(table, both, list, SLICE("d1.example"));
    add(table, both, list, SLICE("a-b.example"));
    put(table, 4, 5, QUEUE_ACTIVE);
    add(table, put(table, 5, 90000, QUEUE_DEFERRED), list, SLICE("d1.example.store.invalid"));
    tally_count(&tally, table, list, NOW);
    expect_count(&tally, list, SLICE("d1.example"), 3, 1, 3600);
    expect_count(&tally, list, SLICE("a-b.example"), 1, 1, 700);
    expect_count(&tally, list, SLICE("d1.example.store.invalid"), 1, 1, 90000);
    expect_count(&tally, list, SLICE("a.b.example"), 0, 0, NOW);
    assert_int_equal(tally.queues[QUEUE_DEFERRED].messages, 3);
    assert_int_equal(tally.queues[QUEUE_ACTIVE].oldest, NOW - 5);
    assert_int_equal(tally.unknown, 1);
    assert_int_equal(tally.late, 3);
    assert_int_equal(tally.late_targets, 3);
    assert_int_equal(tally.alert_targets, 1); // a-b.example has one, and one is enough there
    assert_int_equal(tally.top_count, 3);
    free(tally.targets);
    message_table_destroy(table);
    watch_list_destroy(list);
}

static void test_top(void **state)
{
    struct watch_list *list = watch_list_create();
    struct message_table *table = message_table_create(1000);
    struct tally tally;
    unsigned number = 1;
    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        char name[32];
        snprintf(name, sizeof name, "d%u.example", i);
        watch_list_add_domain(list, slice_from(name), SLICE(""), 1, 1);
        for (unsigned j = 0; j < i * 7 % 20; j++)
            add(table, put(table, number++, 100, QUEUE_DEFERRED), list, slice_from(name));
    }
    tally_count(&tally, table, list, NOW);
    assert_int_equal(tally.top_count, TALLY_TOP);
    for (unsigned i = 0; i < TALLY_TOP; i++)
        assert_int_equal(tally.targets[tally.top[i]].late, 19 - i);
    free(tally.targets);
    message_table_destroy(table);
    watch_list_destroy(list);
}

static void test_oldest(void **state)
{
    struct watch_list *list = make_list();
    struct message_table *table = message_table_create(1000);
    struct message found[10];
    const uint32_t target = watch_list_target(list, SLICE("d1.example"));
    (void)state;
    for (unsigned i = 0; i < 500; i++)
        add(table, put(table, i + 1, 1 + i * 77 % 500, QUEUE_DEFERRED), list,
            i % 2 ? SLICE("d1.example") : SLICE("a-b.example"));
    struct message *of_unknown_age = put(table, 999, NOW, QUEUE_DEFERRED);
    add(table, of_unknown_age, list, SLICE("d1.example"));
    assert_int_equal(oldest_find(table, target, 10, found), 10);
    for (int i = 0; i < 10; i++)
        assert_int_equal(NOW - found[i].arrival, 500 - 2 * i);
    assert_int_equal(oldest_find(table, target, 0, found), 0);
    assert_int_equal(oldest_find(table, watch_list_target(list, SLICE("a.b.example")), 10, found), 0);
    message_table_destroy(table);
    watch_list_destroy(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recipients), cmocka_unit_test(test_many_aliases), cmocka_unit_test(test_logs),
        cmocka_unit_test(test_marks),      cmocka_unit_test(test_counts),       cmocka_unit_test(test_top),
        cmocka_unit_test(test_oldest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
