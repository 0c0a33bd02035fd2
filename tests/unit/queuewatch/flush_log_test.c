// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/postfix/flush_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_names(void **state)
{
    char name[16];
    (void)state;
    assert_true(flush_log_name(SLICE("A-b.C9"), name, sizeof name));
    assert_string_equal(name, "a_b_c9");
    assert_true(flush_log_name(SLICE("123456789012345"), name, sizeof name));
    assert_false(flush_log_name(SLICE("1234567890123456"), name, sizeof name));
    assert_string_equal(name, "");
    assert_false(flush_log_name(SLICE(""), name, sizeof name));
}

static void expect_next(struct slice *rest, const char *text)
{
    struct queue_id id;
    char found[QUEUE_ID_MAX];
    assert_true(flush_log_next(rest, &id));
    (void)queue_id_format(&id, found);
    assert_string_equal(found, text);
}

static void test_lines(void **state)
{
    struct slice rest = SLICE("4jchYj6hKrz1fSHK\n\nno id\n0F35D5196E\n4jchYj6GBtz1fSHD\n4jchYj6GBt");
    struct queue_id id;
    (void)state;
    expect_next(&rest, "4jchYj6hKrz1fSHK");
    expect_next(&rest, "0F35D5196E");
    expect_next(&rest, "4jchYj6GBtz1fSHD");
    assert_false(flush_log_next(&rest, &id));
    assert_true(slice_equal(rest, SLICE("4jchYj6GBt")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_lines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
