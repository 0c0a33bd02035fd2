// SPDX-License-Identifier: BSD-2-Clause
// Golden cases of the settings that list networks: tests/cases/milter/networks.cases.
#include "base/network_list.h"
#include "case_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

// "ADDRESS in NETWORKS"
static void answer(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct slice word, list;
    struct ip address;
    (void)slice_split(input, ' ', &word, &list);
    assert_true(ip_parse(word, &address));
    (void)slice_split(list, ' ', &word, &list);
    assert_true(slice_equal(word, SLICE("in")));
    snprintf(out, CASE_ANSWER_MAX, "%s", network_list_has(list, &address) ? "yes" : "no");
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("milter/networks.cases", answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
