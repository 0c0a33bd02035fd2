// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/batch/trace_batch.h"

#include "case_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void as_literal(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct trace_column column = {.text = NULL};
    trace_column_text(&column, input, 20);
    snprintf(out, CASE_ANSWER_MAX, "%s", trace_column_literal(&column));
    trace_column_finish(&column);
}

static void texts_are_safe(void **state)
{
    (void)state;
    case_lines_check("tracker/trace_column.cases", as_literal);
}

static void other_values(void **state)
{
    struct trace_column column = {.text = NULL};
    (void)state;
    assert_string_equal(trace_column_literal(&column), "{}");
    trace_column_number(&column, 0);
    trace_column_number(&column, INT64_MAX);
    trace_column_number(&column, -1);
    trace_column_time(&column, 0);
    trace_column_time(&column, 1700000000000012);
    trace_column_time(&column, -1);
    trace_column_flag(&column, true);
    trace_column_text(&column, (struct slice){NULL, 0}, 5);
    trace_column_text(&column, (struct slice){"", 0}, 5);
    assert_string_equal(trace_column_literal(&column),
                        "{0,9223372036854775807,null,0.000000,1700000000.000012,null,t,null,\"\"}");
    trace_column_clear(&column);
    assert_string_equal(trace_column_literal(&column), "{}");
    trace_column_finish(&column);
}

// A value that is long, and full of what is escaped, fits.
static void long_values(void **state)
{
    static char quotes[10000];
    struct trace_column column = {.text = NULL};
    (void)state;
    memset(quotes, '"', sizeof quotes);
    for (int i = 0; i < 50; i++)
        trace_column_text(&column, slice_make(quotes, sizeof quotes), sizeof quotes);
    assert_int_equal(strlen(trace_column_literal(&column)), 50 * (2 * sizeof quotes + 3) + 1);
    trace_column_finish(&column);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(texts_are_safe), cmocka_unit_test(other_values),
                                       cmocka_unit_test(long_values)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
