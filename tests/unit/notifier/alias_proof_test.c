// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/aliases/alias_proof.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define TOKEN "0123456789abcdef0123456789abcdef"

static const char *judge(enum dns_rc rc, bool truncated, const char *first, const char *second)
{
    struct dns_answer answer = {.rc = rc, .truncated = truncated};
    if (first)
        answer.data[answer.count++] = slice_from(first);
    if (second)
        answer.data[answer.count++] = slice_from(second);
    return alias_proof_judge(&answer, TOKEN);
}

static void test_outcomes(void **state)
{
    (void)state;
    assert_string_equal(judge(DNS_FOUND, false, "emailgency=" TOKEN, NULL), "proved");
    assert_string_equal(judge(DNS_FOUND, true, "v=spf1 -all", " emailgency=" TOKEN " "), "proved");
    assert_string_equal(judge(DNS_NONE, false, NULL, NULL), "missing");
    assert_string_equal(judge(DNS_FAILED, false, NULL, NULL), "failed");
    assert_string_equal(judge(DNS_TIMEOUT, false, "emailgency=" TOKEN, NULL), "failed");
    assert_string_equal(judge(DNS_FOUND, true, "v=spf1 -all", NULL), "failed");
}

static void test_other_records(void **state)
{
    static const char *const others[] = {"",
                                         TOKEN,
                                         "emailgency=",
                                         "emailgency=0123456789abcdef0123456789abcde",
                                         "emailgency=" TOKEN "0",
                                         "emailgency= " TOKEN,
                                         "EMAILGENCY=" TOKEN,
                                         "x emailgency=" TOKEN,
                                         "emailgency=fedcba9876543210fedcba9876543210"};
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_string_equal(judge(DNS_FOUND, false, others[i], "v=spf1 -all"), "other");
    const struct dns_answer empty = {
        .rc = DNS_FOUND, .count = 1, .data = {{.ptr = "emailgency=", .len = sizeof "emailgency=" - 1}}};
    assert_string_equal(alias_proof_judge(&empty, ""), "other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_outcomes), cmocka_unit_test(test_other_records)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
