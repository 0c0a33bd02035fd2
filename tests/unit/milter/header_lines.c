// SPDX-License-Identifier: BSD-2-Clause
#include "header_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

void header_lines_show(const char *value, char out[CASE_ANSWER_MAX])
{
    size_t len = 0;
    for (; *value && len + 3 < CASE_ANSWER_MAX; value++) {
        if (*value == '\n') {
            assert_int_equal(value[1], '\t');
            memcpy(out + len, "\\n ", 3);
            len += 3;
            value++;
        } else {
            out[len++] = *value;
        }
    }
    out[len] = '\0';
}

void header_lines_check(const char *name, const char *value)
{
    size_t column = strlen(name) + 2;
    for (; *value; value++, column++) {
        if (*value == '\n') {
            assert_int_equal(value[1], '\t');
            assert_true(value[2] > ' ');
            column = 0;
            value++;
        } else {
            assert_in_range(*value, ' ', '~');
        }
        assert_true(column < 998);
    }
}

struct slice header_lines_field(struct slice *fields)
{
    struct slice field;
    slice_split(*fields, '|', &field, fields);
    return slice_trim(field);
}

enum spf_result header_lines_result(struct slice word)
{
    for (int result = 0; result < SPF_RESULTS; result++)
        if (slice_equal(word, slice_from(spf_result_word((enum spf_result)result))))
            return (enum spf_result)result;
    fail_msg("no result: %.*s", (int)word.len, word.ptr);
    return SPF_NONE;
}

enum spf_problem header_lines_problem(struct slice words)
{
    for (int problem = 0; problem < SPF_PROBLEMS; problem++)
        if (slice_equal(words, slice_from(spf_problem_words((enum spf_problem)problem))))
            return (enum spf_problem)problem;
    fail_msg("no problem: %.*s", (int)words.len, words.ptr);
    return SPF_NO_PROBLEM;
}
