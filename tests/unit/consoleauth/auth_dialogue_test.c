// SPDX-License-Identifier: BSD-2-Clause
// Golden cases of tests/cases/consoleauth/auth_dialogue.cases, and the lines that a client sends.
#include "case_lines.h"
#include "consoleauth/dovecot/auth_dialogue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void answer(struct slice input, char out[CASE_ANSWER_MAX])
{
    static const char *const words[] = {[AUTH_DIALOGUE_MORE] = "more",
                                        [AUTH_DIALOGUE_RIGHT] = "right",
                                        [AUTH_DIALOGUE_WRONG] = "wrong",
                                        [AUTH_DIALOGUE_FAILED] = "failed",
                                        [AUTH_DIALOGUE_BROKEN] = "broken"};
    char bytes[CASE_ANSWER_MAX];
    assert_true(slice_copy(input, bytes, sizeof bytes));
    for (char *at = bytes; *at; at++) {
        if (*at == '|')
            *at = '\n';
        if (*at == '~')
            *at = '\t';
    }
    snprintf(out, CASE_ANSWER_MAX, "%s", words[auth_dialogue_read(slice_from(bytes))]);
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("consoleauth/auth_dialogue.cases", answer);
}

static void test_a_line_without_end_is_broken(void **state)
{
    static char bytes[AUTH_DIALOGUE_MAX + 2];
    (void)state;
    memset(bytes, 'x', sizeof bytes);
    assert_int_equal(auth_dialogue_read(slice_make(bytes, sizeof bytes)), AUTH_DIALOGUE_BROKEN);
}

static void test_request(void **state)
{
    char out[AUTH_DIALOGUE_MAX];
    struct auth_dialogue_request request = {
        .client_id = 7, .login = SLICE("u@a.example"), .password = SLICE("p\tw\n"), .from = "2001:db8::1"};
    (void)state;
    const size_t len = auth_dialogue_write(&request, out);
    assert_int_equal(len, strlen(out));
    assert_string_equal(
        out, "VERSION\t1\t1\nCPID\t7\nAUTH\t1\tPLAIN\tservice=console\tno-penalty\tsecured\trip=2001:db8::1"
             "\tresp=AHVAYS5leGFtcGxlAHAJdwo=\n");
    request.from = "";
    assert_int_not_equal(auth_dialogue_write(&request, out), 0);
    assert_null(strstr(out, "rip="));
}

static void test_long_requests_are_none(void **state)
{
    static char text[700];
    char out[AUTH_DIALOGUE_MAX];
    (void)state;
    memset(text, 'x', sizeof text);
    struct auth_dialogue_request request = {
        .login = slice_make(text, 400), .password = slice_make(text, 600), .from = ""};
    assert_int_not_equal(auth_dialogue_write(&request, out), 0);
    request.login.len++;
    assert_int_equal(auth_dialogue_write(&request, out), 0);
    request.login.len--;
    request.password.len++;
    assert_int_equal(auth_dialogue_write(&request, out), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases), cmocka_unit_test(test_a_line_without_end_is_broken),
        cmocka_unit_test(test_request), cmocka_unit_test(test_long_requests_are_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
