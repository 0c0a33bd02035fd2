// SPDX-License-Identifier: BSD-2-Clause
// Golden cases of tests/cases/consoleauth/captcha_factor.cases.
#include "case_lines.h"
#include "consoleauth/decide/captcha_factor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void answer(struct slice input, char out[CASE_ANSWER_MAX])
{
    char text[64];
    unsigned login, network;
    assert_true(slice_copy(input, text, sizeof text));
    assert_int_equal(sscanf(text, "login=%u network=%u", &login, &network), 2);
    snprintf(out, CASE_ANSWER_MAX, "%u", captcha_factor(login, network));
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("consoleauth/captcha_factor.cases", answer);
}

static void test_one_step_less_is_accepted(void **state)
{
    (void)state;
    assert_true(captcha_factor_accepts(0, 0));
    assert_false(captcha_factor_accepts(0, 1));
    assert_true(captcha_factor_accepts(1, 2));
    assert_false(captcha_factor_accepts(1, 4));
    assert_true(captcha_factor_accepts(8, CAPTCHA_FACTOR_MAX));
    assert_false(captcha_factor_accepts(4, CAPTCHA_FACTOR_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases),
                                       cmocka_unit_test(test_one_step_less_is_accepted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
