// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/usage/usage_bar.h"

#include "case_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int64_t number(struct slice text)
{
    unsigned long long value = 0;
    assert_true(slice_number(text, INT64_MAX, &value));
    return (int64_t)value;
}

static void print(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct slice used, allowed, unit;
    slice_split(input, ' ', &used, &allowed);
    slice_split(allowed, ' ', &allowed, &unit);
    FILE *file = fmemopen(out, CASE_ANSWER_MAX, "w");
    assert_non_null(file);
    usage_bar_print("name", 6, number(used), slice_equal(allowed, SLICE("-")) ? -1 : number(allowed),
                    slice_equal(unit, SLICE("bytes")), file);
    fclose(file);
    out[strcspn(out, "\n")] = '\0';
}

static void test_lines(void **state)
{
    (void)state;
    case_lines_check("ctl/usage_bar.cases", print);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
