// SPDX-License-Identifier: BSD-2-Clause
#include "header_lines.h"
#include "milter/headers/auth_results.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct spf_policy policy = {.wide_is_neutral = true};

// "RESULT VALUE -- COMMENT"; returns the value.
static struct slice read_finding(struct slice rest, struct spf_finding *out)
{
    struct slice word;
    slice_split(rest, ' ', &word, &rest);
    const char *comment = rest.len ? memmem(rest.ptr, rest.len, "-- ", 3) : NULL;
    const size_t len = comment ? (size_t)(comment - rest.ptr) : rest.len;
    const struct slice words = slice_skip(rest, len + 3);
    *out = (struct spf_finding){.checked = true,
                                .result = header_lines_result(word),
                                .wide = slice_equal(words, SLICE("its record lets everybody pass"))};
    if (!out->wide)
        out->problem = header_lines_problem(words);
    return slice_trim(slice_make(rest.ptr, len));
}

// "AUTHSERV-ID | mailfrom CHECK | helo CHECK" or "name HELO" for a HELO name that is not checked.
static void write_field(struct slice input, char out[CASE_ANSWER_MAX])
{
    char value[AUTH_RESULTS_MAX];
    struct spf_findings spf = {.helo_name = ""};
    struct spf_report report = {.receiver = header_lines_field(&input), .spf = &spf, .policy = &policy};
    while (input.len) {
        struct slice word, rest;
        slice_split(header_lines_field(&input), ' ', &word, &rest);
        if (slice_equal(word, SLICE("mailfrom")))
            report.sender = read_finding(rest, &spf.mail_from);
        else
            (void)slice_copy(slice_equal(word, SLICE("helo")) ? read_finding(rest, &spf.helo) : rest,
                             spf.helo_name, sizeof spf.helo_name);
    }
    auth_results_write(&report, value);
    header_lines_check("Authentication-Results", value);
    header_lines_show(value, out);
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("milter/auth_results.cases", write_field);
}

// Writes one clause for the sender.
static void write_one(struct slice sender, char out[AUTH_RESULTS_MAX])
{
    const struct spf_findings spf = {.mail_from = {.checked = true, .result = SPF_PASS}};
    const struct spf_report report = {
        .receiver = SLICE("mx.example"), .sender = sender, .spf = &spf, .policy = &policy};
    auth_results_write(&report, out);
    header_lines_check("Authentication-Results", out);
}

static void test_long_address_keeps_its_domain(void **state)
{
    (void)state;
    char sender[400], value[AUTH_RESULTS_MAX];
    memset(sender, 'a', sizeof sender);
    memcpy(sender + sizeof sender - 10, "@b.example", 10);
    write_one(slice_make(sender, sizeof sender), value);
    assert_non_null(strstr(value, "smtp.mailfrom=@b.example"));
}

// A cut value must not end in another domain than before.
static void test_long_value_shows_that_it_is_cut(void **state)
{
    (void)state;
    char sender[1000], value[AUTH_RESULTS_MAX];
    memset(sender, 'a', sizeof sender);
    memcpy(sender + 300, "@bank.example", 13);
    write_one(slice_make(sender, sizeof sender), value);
    assert_string_equal(value + strlen(value) - 4, "...\"");
}

// Every byte of a hostile value at its costliest: each is escaped.
static void test_all_at_their_longest(void **state)
{
    (void)state;
    char hostile[2000], value[AUTH_RESULTS_MAX];
    struct spf_findings spf = {.mail_from = {.checked = true, .problem = SPF_TOO_MANY_TERMS},
                               .helo = {.checked = true, .problem = SPF_TOO_MANY_TERMS}};
    memset(hostile, '"', sizeof hostile);
    memset(spf.helo_name, '"', sizeof spf.helo_name - 1);
    const struct slice all = slice_make(hostile, sizeof hostile);
    const struct spf_report report = {.receiver = all, .sender = all, .spf = &spf, .policy = &policy};
    const size_t len = auth_results_write(&report, value);
    assert_int_equal(len, strlen(value));
    header_lines_check("Authentication-Results", value);
    assert_non_null(strstr(value, "...\";"));
    assert_non_null(strstr(value, "smtp.helo="));
    assert_string_equal(value + len - 3, "\\\"\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_long_address_keeps_its_domain),
        cmocka_unit_test(test_long_value_shows_that_it_is_cut),
        cmocka_unit_test(test_all_at_their_longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
