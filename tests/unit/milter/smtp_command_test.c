// SPDX-License-Identifier: BSD-2-Clause
// Golden cases of MAIL and RCPT: tests/cases/milter/command.cases.
#include "case_lines.h"
#include "milter/decide/smtp_command.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ARGUMENTS_MAX = 8, TEXT_MAX = 1024 };

// Splits a command as the MTA does: at blanks outside of quotes.
static void split(char *text, const char *arguments[ARGUMENTS_MAX + 1])
{
    size_t count = 0;
    bool quoted = false, within = false;
    for (char *at = text; *at; at++) {
        quoted ^= *at == '"';
        const bool blank = *at == ' ' && !quoted;
        if (blank)
            *at = '\0';
        else if (!within) {
            assert_true(count < ARGUMENTS_MAX);
            arguments[count++] = at;
        }
        within = !blank;
    }
    arguments[count] = NULL;
}

static void answer(struct slice input, char out[CASE_ANSWER_MAX])
{
    char text[TEXT_MAX];
    struct mail_address folded;
    const char *arguments[ARGUMENTS_MAX + 1];
    assert_true(slice_copy(input, text, sizeof text));
    split(text, arguments);
    const struct slice original = smtp_command_parameter(arguments, "ORCPT");
    smtp_command_address_read(smtp_command_address(arguments, slice_make(NULL, 0)), &folded);
    snprintf(out, CASE_ANSWER_MAX, "<%s>", folded.text);
    if (smtp_command_size(arguments) >= 0)
        snprintf(out + strlen(out), CASE_ANSWER_MAX - strlen(out), " size %" PRId64,
                 smtp_command_size(arguments));
    if (original.len > 0)
        snprintf(out + strlen(out), CASE_ANSWER_MAX - strlen(out), " orcpt %.*s", (int)original.len,
                 original.ptr);
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("milter/command.cases", answer);
}

// SPF checks the domain.
static void test_long_sender_keeps_its_domain(void **state)
{
    (void)state;
    char given[2000], out[64];
    memset(given, 'a', sizeof given);
    snprintf(given + 1000, sizeof given - 1000, "@victim.example");
    smtp_command_address_cut(slice_from(given), out, sizeof out);
    assert_int_equal(strlen(out), sizeof out - 1);
    assert_string_equal(out + strspn(out, "a"), "@victim.example");
    memset(given + 1, 'b', 990);
    given[1] = '@'; // a domain that is longer than there is room for
    given[1000] = 'b';
    smtp_command_address_cut(slice_from(given), out, sizeof out);
    assert_true(strlen(out) > 0 && strlen(out) < sizeof out);
    smtp_command_address_cut(SLICE(""), out, sizeof out);
    assert_string_equal(out, "");
}

// Cut, marked, in lower case, and never mistaken for the null sender or for another's address.
static void test_too_long(void **state)
{
    char given[2 * ADDRESS_MAX];
    struct mail_address folded;
    const char *const arguments[] = {given, NULL};
    (void)state;
    for (size_t len = ADDRESS_MAX - 4; len < sizeof given - 3; len++) {
        memset(given, 'A', len + 2);
        given[0] = '<';
        memcpy(given + len + 1, ">", 2);
        smtp_command_address_read(smtp_command_address(arguments, slice_make(NULL, 0)), &folded);
        assert_int_equal(folded.len, len < ADDRESS_MAX ? len : ADDRESS_MAX);
        assert_int_equal(strspn(folded.text, "a"), len > ADDRESS_MAX ? ADDRESS_MAX - 3 : len);
        assert_string_equal(folded.text + strspn(folded.text, "a"), len > ADDRESS_MAX ? "..." : "");
    }
}

static void test_no_arguments(void **state)
{
    const char *const arguments[] = {NULL};
    struct mail_address folded;
    (void)state;
    smtp_command_address_read(smtp_command_address(arguments, slice_make(NULL, 0)), &folded);
    assert_string_equal(folded.text, "");
    assert_int_equal(smtp_command_size(arguments), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_long_sender_keeps_its_domain),
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_no_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
