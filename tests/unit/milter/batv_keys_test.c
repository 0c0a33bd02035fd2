// SPDX-License-Identifier: BSD-2-Clause
#include "case_lines.h"
#include "milter/batv/batv_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void parse(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct batv_keys keys;
    struct problem problem;
    if (!batv_keys_parse(input, &keys, &problem)) {
        snprintf(out, CASE_ANSWER_MAX, "%s", problem.text);
        assert_int_equal(keys.count, 0);
        return;
    }
    size_t len = 0;
    for (size_t i = 0; i < keys.count; i++)
        len += (size_t)snprintf(out + len, CASE_ANSWER_MAX - len, "%s%u \"%.*s\"", i ? ", " : "",
                                keys.keys[i].id, (int)keys.keys[i].len, (const char *)keys.keys[i].secret);
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("milter/batv_keys.cases", parse);
}

static void test_secret_has_a_longest(void **state)
{
    (void)state;
    char text[300] = "1 ";
    struct problem problem;
    struct batv_keys keys;
    memset(text + 2, 'z', BATV_KEYS_SECRET_MAX + 1);
    assert_true(batv_keys_parse(slice_make(text, BATV_KEYS_SECRET_MAX + 2), &keys, &problem));
    assert_int_equal(keys.keys[0].len, BATV_KEYS_SECRET_MAX);
    assert_false(batv_keys_parse(slice_make(text, BATV_KEYS_SECRET_MAX + 3), &keys, &problem));
    assert_string_equal(problem.text, "line 1: the secret is too long; use at most 256 bytes");
}

static void test_finish_wipes(void **state)
{
    (void)state;
    static const struct batv_keys wiped;
    struct batv_keys keys;
    struct problem problem;
    assert_true(batv_keys_parse(SLICE("1 correct horse battery"), &keys, &problem));
    batv_keys_finish(&keys);
    assert_memory_equal(&keys, &wiped, sizeof keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_secret_has_a_longest),
        cmocka_unit_test(test_finish_wipes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
