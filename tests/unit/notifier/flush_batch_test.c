// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/queue/flush_batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char list[QUEUE_MESSAGES_MAX * 40];
static struct flush_batch batch;

static int set_up(void **state)
{
    (void)state;
    list[0] = '\0';
    memset(&batch, 0, sizeof batch);
    return 0;
}

static void add(unsigned number, int64_t arrival, enum queue_name queue)
{
    char id[16], line[QUEUE_LINE_MAX];
    snprintf(id, sizeof id, "id%u", number);
    const size_t size = queue_line_format(
        &(struct queue_line){.kind = QUEUE_LINE_MESSAGE,
                             .message = {.id = slice_from(id), .arrival = arrival, .queue = queue}},
        line);
    strncat(list, line, size);
}

static void add_range(unsigned first, unsigned end)
{
    for (unsigned i = first; i < end; i++)
        add(i, 1000 + i, QUEUE_DEFERRED);
}

static unsigned try_all(void)
{
    unsigned count = 0;
    while (flush_batch_next(&batch))
        count++;
    return count;
}

static void read_list(void)
{
    assert_null(flush_batch_read(&batch, slice_from(list)));
    list[0] = '\0';
}

static void test_empty(void **state)
{
    (void)state;
    read_list();
    assert_int_equal(batch.listed, 0);
    assert_null(flush_batch_next(&batch));
}

static void test_order(void **state)
{
    (void)state;
    add_range(0, 3);
    read_list();
    assert_string_equal(flush_batch_next(&batch), "id0");
    assert_string_equal(flush_batch_next(&batch), "id1");
    assert_string_equal(flush_batch_next(&batch), "id2");
    assert_null(flush_batch_next(&batch));
    assert_int_equal(batch.tried, 3);
}

static void test_delivered(void **state)
{
    (void)state;
    add_range(0, 4);
    read_list();
    assert_int_equal(try_all(), 4);
    add_range(3, 4);
    read_list();
    assert_int_equal(batch.delivered, 3);
    assert_int_equal(batch.waiting, 1);
}

static void test_hold(void **state)
{
    (void)state;
    add(0, 1000, QUEUE_HOLD);
    add(1, 1001, QUEUE_ACTIVE);
    read_list();
    assert_int_equal(try_all(), 1);
    assert_int_equal(batch.waiting, 1);
}

static void test_more_than_a_list(void **state)
{
    (void)state;
    add_range(0, 1000);
    read_list();
    assert_int_equal(try_all(), 1000);
    add_range(995, 1995); // five could not be delivered, and are not tried again
    read_list();
    assert_int_equal(batch.delivered, 995);
    assert_in_range(try_all(), 995, 996);
    read_list();
    assert_int_equal(batch.waiting, 0);
    assert_int_equal(batch.listed, 0);
}

static void test_server_takes_few(void **state)
{
    (void)state;
    add_range(0, 1000);
    read_list();
    assert_int_equal(try_all(), 1000);
    add_range(499, 1499);
    read_list();
    assert_int_equal(batch.delivered, 499);
    assert_int_equal(batch.listed, 0);
    assert_int_equal(batch.waiting, 1000);
}

static void test_no_list(void **state)
{
    (void)state;
    add_range(0, 2);
    read_list();
    assert_int_equal(try_all(), 2);
    assert_string_equal(flush_batch_read(&batch, slice_from("message id1\n")),
                        "the queue watch's list cannot be read");
    assert_int_equal(batch.delivered, 0);
    assert_int_equal(batch.waiting, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_empty, set_up),
        cmocka_unit_test_setup(test_order, set_up),
        cmocka_unit_test_setup(test_delivered, set_up),
        cmocka_unit_test_setup(test_hold, set_up),
        cmocka_unit_test_setup(test_more_than_a_list, set_up),
        cmocka_unit_test_setup(test_server_takes_few, set_up),
        cmocka_unit_test_setup(test_no_list, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
