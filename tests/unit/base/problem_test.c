// SPDX-License-Identifier: BSD-2-Clause
#include "base/problem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void text_is_replaced(void **state)
{
    struct problem problem;
    (void)state;
    assert_false(problem_set(&problem, "%s is no address; write %s", "x", "192.0.2.53"));
    assert_string_equal(problem.text, "x is no address; write 192.0.2.53");
    problem_set(&problem, "no");
    assert_string_equal(problem.text, "no");
}

static void long_text_is_cut(void **state)
{
    struct problem problem;
    char text[2000];
    (void)state;
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    problem_set(&problem, "%s", text);
    assert_int_equal(strlen(problem.text), sizeof problem.text - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(text_is_replaced),
                                       cmocka_unit_test(long_text_is_cut)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
