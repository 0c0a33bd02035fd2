// SPDX-License-Identifier: BSD-2-Clause
#include "header_lines.h"
#include "milter/headers/received_spf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

// "RESULT IDENTITY CLIENT | SENDER | HELO | MECHANISM | PROBLEM", received by mx.example
static void write_field(struct slice input, char out[CASE_ANSWER_MAX])
{
    char value[RECEIVED_SPF_MAX];
    struct slice what = header_lines_field(&input), word;
    struct received_spf spf = {.receiver = SLICE("mx.example")};
    slice_split(what, ' ', &word, &what);
    spf.result = header_lines_result(word);
    slice_split(what, ' ', &word, &what);
    spf.identity = slice_equal(word, SLICE("helo")) ? SPF_HELO : SPF_MAIL_FROM;
    assert_true(ip_parse(slice_trim(what), &spf.client));
    spf.sender = header_lines_field(&input);
    spf.helo = header_lines_field(&input);
    spf.mechanism = header_lines_field(&input);
    spf.problem = header_lines_field(&input);
    received_spf_write(&spf, value);
    header_lines_check("Received-SPF", value);
    header_lines_show(value, out);
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("milter/received_spf.cases", write_field);
}

static void test_all_at_their_longest(void **state)
{
    (void)state;
    char hostile[2000], value[RECEIVED_SPF_MAX];
    memset(hostile, '\\', sizeof hostile);
    const struct slice all = slice_make(hostile, sizeof hostile);
    const struct received_spf spf = {.result = SPF_SOFTFAIL,
                                     .identity = SPF_MAIL_FROM,
                                     .client = {.bits = 128},
                                     .sender = all,
                                     .helo = all,
                                     .receiver = all,
                                     .mechanism = all,
                                     .problem = all};
    const size_t len = received_spf_write(&spf, value);
    assert_int_equal(len, strlen(value));
    header_lines_check("Received-SPF", value);
    assert_string_equal(value + len - 5, "...\";");
    assert_non_null(strstr(value, "problem="));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_all_at_their_longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
