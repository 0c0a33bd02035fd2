// SPDX-License-Identifier: BSD-2-Clause
#include "header_lines.h"
#include "milter/headers/received_spf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct spf_policy policy;

// "RESULT CLIENT | SENDER | HELO | MECHANISM | PROBLEM", received by mx.example
static void write_field(struct slice input, char out[CASE_ANSWER_MAX])
{
    char value[RECEIVED_SPF_MAX];
    struct slice what = header_lines_field(&input), word;
    struct spf_findings spf = {.mail_from = {.checked = true}};
    struct spf_report report = {.receiver = SLICE("mx.example"), .spf = &spf, .policy = &policy};
    slice_split(what, ' ', &word, &what);
    spf.mail_from.result = header_lines_result(word);
    assert_true(ip_parse(slice_trim(what), &spf.client));
    report.sender = header_lines_field(&input);
    assert_true(slice_copy(header_lines_field(&input), spf.helo_name, sizeof spf.helo_name));
    assert_true(slice_copy(header_lines_field(&input), spf.mail_from.term, sizeof spf.mail_from.term));
    spf.mail_from.problem = header_lines_problem(header_lines_field(&input));
    received_spf_write(&report, value);
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
    struct spf_findings spf = {.client = {.bits = 128},
                               .mail_from = {.checked = true, .result = SPF_SOFTFAIL, .problem = SPF_SYNTAX}};
    memset(hostile, '\\', sizeof hostile);
    memset(spf.helo_name, '\\', sizeof spf.helo_name - 1);
    memset(spf.mail_from.term, '\\', sizeof spf.mail_from.term - 1);
    const struct slice all = slice_make(hostile, sizeof hostile);
    const struct spf_report report = {.receiver = all, .sender = all, .spf = &spf, .policy = &policy};
    const size_t len = received_spf_write(&report, value);
    assert_int_equal(len, strlen(value));
    header_lines_check("Received-SPF", value);
    assert_non_null(strstr(value, "...\";"));
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
