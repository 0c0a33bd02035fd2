// SPDX-License-Identifier: BSD-2-Clause
#include "header_lines.h"
#include "milter/headers/auth_results.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

// "mailfrom RESULT VALUE -- COMMENT"
static void add_spf(struct auth_results *results, struct slice word, struct slice rest)
{
    struct auth_results_spf *spf = &results->spf[results->spf_count++];
    spf->identity = slice_equal(word, SLICE("helo")) ? SPF_HELO : SPF_MAIL_FROM;
    slice_split(rest, ' ', &word, &rest);
    spf->result = header_lines_result(word);
    const char *comment = rest.len ? memmem(rest.ptr, rest.len, "-- ", 3) : NULL;
    const size_t len = comment ? (size_t)(comment - rest.ptr) : rest.len;
    spf->value = slice_trim(slice_make(rest.ptr, len));
    spf->comment = slice_skip(rest, len + 3);
}

// "AUTHSERV-ID | CHECK | …", a check as above or "auth LOGIN"
static void write_field(struct slice input, char out[CASE_ANSWER_MAX])
{
    char value[AUTH_RESULTS_MAX];
    struct auth_results results = {.authserv_id = header_lines_field(&input)};
    while (input.len) {
        struct slice word, rest;
        slice_split(header_lines_field(&input), ' ', &word, &rest);
        if (slice_equal(word, SLICE("auth"))) {
            results.authenticated = true;
            results.login = rest;
        } else {
            add_spf(&results, word, rest);
        }
    }
    auth_results_write(&results, value);
    header_lines_check("Authentication-Results", value);
    header_lines_show(value, out);
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("milter/auth_results.cases", write_field);
}

// Writes one clause for `value`.
static void write_one(struct slice value, char out[AUTH_RESULTS_MAX])
{
    const struct auth_results results = {
        .authserv_id = SLICE("mx.example"),
        .spf_count = 1,
        .spf = {{.identity = SPF_MAIL_FROM, .result = SPF_PASS, .value = value, .comment = value}}};
    auth_results_write(&results, out);
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

// What is cut must not end in a domain that it did not end in.
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
    memset(hostile, '"', sizeof hostile);
    const struct slice all = slice_make(hostile, sizeof hostile);
    struct auth_results results = {.authserv_id = all, .spf_count = 2, .authenticated = true, .login = all};
    for (size_t i = 0; i < 2; i++)
        results.spf[i] = (struct auth_results_spf){.identity = SPF_HELO, .value = all, .comment = all};
    const size_t len = auth_results_write(&results, value);
    assert_int_equal(len, strlen(value));
    header_lines_check("Authentication-Results", value);
    assert_string_equal(value + len - 4, "...\"");
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
