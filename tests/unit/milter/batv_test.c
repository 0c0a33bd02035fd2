// SPDX-License-Identifier: BSD-2-Clause
#include "case_lines.h"
#include "directory/recipient.h"
#include "milter/batv/batv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct batv_keys keys;

static int load_keys(void **state)
{
    (void)state;
    struct problem problem;
    return batv_keys_parse(SLICE("3 correct horse battery staple\n7 0123456789abcdef0123456789ABCDEF\n"),
                           &keys, &problem)
               ? 0
               : -1;
}

// "sign DAY ADDRESS" or "verify DAY ADDRESS"
static void run(struct slice input, char out[CASE_ANSWER_MAX])
{
    static const char *const signs[] = {"signed", "signed before", "unsignable"};
    static const char *const checks[] = {"valid", "expired", "forged", "unknown key", "no tag", "unchecked"};
    struct slice word, rest;
    unsigned long long day;
    char address[ADDRESS_MAX + 1];
    slice_split(input, ' ', &word, &rest);
    const bool sign = slice_equal(word, SLICE("sign"));
    slice_split(rest, ' ', &word, &rest);
    assert_true(slice_number(word, 99999, &day));
    const int64_t now = (int64_t)day * 86400 + 86399;
    const char *what = sign ? signs[batv_sign(&keys, rest, '+', now, address)]
                            : checks[batv_verify(&keys, rest, '+', now, address)];
    snprintf(out, CASE_ANSWER_MAX, "%s%s%s", what, address[0] ? " " : "", address);
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("milter/batv.cases", run);
}

// Valid from the first second of its day to the last of the BATV_DAYS-th after it, whatever the number of the
// day.
static void test_days(void **state)
{
    (void)state;
    const struct slice sender = SLICE("jane@b.example");
    char tagged[ADDRESS_MAX + 1], original[ADDRESS_MAX + 1];
    for (int64_t day = 20000; day < 21001; day += 7) {
        assert_int_equal(batv_sign(&keys, sender, '+', day * 86400, tagged), BATV_SIGNED);
        for (int64_t later = -1; later < 993; later++) {
            const enum batv_rc rc =
                batv_verify(&keys, slice_from(tagged), '+', (day + later) * 86400, original);
            assert_int_equal(rc, later >= 0 && later <= BATV_DAYS ? BATV_VALID : BATV_EXPIRED);
        }
    }
}

static void test_any_changed_byte_is_noticed(void **state)
{
    (void)state;
    char tagged[ADDRESS_MAX + 1], original[ADDRESS_MAX + 1];
    assert_int_equal(batv_sign(&keys, SLICE("jane@b.example"), '+', 0, tagged), BATV_SIGNED);
    for (size_t i = 0; tagged[i]; i++) {
        const char was = tagged[i];
        tagged[i] = was == '5' ? '6' : '5';
        assert_int_not_equal(batv_verify(&keys, slice_from(tagged), '+', 0, original), BATV_VALID);
        tagged[i] = was;
    }
    assert_int_equal(batv_verify(&keys, slice_from(tagged), '+', 0, original), BATV_VALID);
}

// A tagged address leads to the same mailbox once extensions are removed.
static void test_tag_leads_to_the_mailbox(void **state)
{
    (void)state;
    static const char *const senders[][2] = {{"jane", "jane"},
                                             {"jane+news", "jane"},
                                             {"\"john doe\"", "\"john doe\""},
                                             {"owner-list", "owner-list"}};
    for (size_t i = 0; i < sizeof senders / sizeof *senders; i++) {
        char sender[ADDRESS_MAX + 1], tagged[ADDRESS_MAX + 1], mailbox[ADDRESS_MAX + 1];
        struct address address;
        snprintf(sender, sizeof sender, "%s@b.example", senders[i][0]);
        assert_int_equal(batv_sign(&keys, slice_from(sender), '+', 0, tagged), BATV_SIGNED);
        assert_int_equal(address_parse(slice_from(tagged), &address), ADDRESS_OK);
        assert_true(recipient_base(address.local, SLICE("+-"), mailbox));
        assert_string_equal(mailbox, senders[i][1]);
    }
}

static void test_other_delimiter(void **state)
{
    (void)state;
    char tagged[ADDRESS_MAX + 1], original[ADDRESS_MAX + 1];
    assert_int_equal(batv_sign(&keys, SLICE("jane@b.example"), '-', 0, tagged), BATV_SIGNED);
    assert_memory_equal(tagged, "jane-prvs=3035", 14);
    assert_int_equal(batv_verify(&keys, slice_from(tagged), '-', 0, original), BATV_VALID);
    assert_string_equal(original, "jane@b.example");
    assert_int_equal(batv_verify(&keys, slice_from(tagged), '+', 0, original), BATV_NO_TAG);
}

static void test_no_key_signs_nothing(void **state)
{
    (void)state;
    const struct batv_keys none = {0};
    char tagged[ADDRESS_MAX + 1];
    assert_int_equal(batv_sign(&none, SLICE("jane@b.example"), '+', 0, tagged), BATV_UNSIGNABLE);
    assert_string_equal(tagged, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_any_changed_byte_is_noticed),
        cmocka_unit_test(test_tag_leads_to_the_mailbox),
        cmocka_unit_test(test_other_delimiter),
        cmocka_unit_test(test_no_key_signs_nothing),
    };
    return cmocka_run_group_tests(tests, load_keys, NULL);
}
