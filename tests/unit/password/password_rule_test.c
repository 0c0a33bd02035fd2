// SPDX-License-Identifier: BSD-2-Clause
#include "password/password_rule.h"

#include "case_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SHOWN ", as in 'Correct horse 4 battery'"

static char common[100000];

static struct password_rule rule_of(struct slice limits, struct slice address)
{
    unsigned long long length = 0, classes = 0;
    struct slice head, tail;
    slice_split(limits, ' ', &head, &tail);
    assert_true(slice_number(head, 64, &length) && slice_number(tail, 4, &classes));
    return (struct password_rule){.min_length = (unsigned)length,
                                  .min_classes = (unsigned)classes,
                                  .address = address,
                                  .names = SLICE("a.example alias.a.example aexample.emailgency.example"),
                                  .common = slice_from(common)};
}

static void judge(struct slice input, char out[CASE_ANSWER_MAX])
{
    char fault[PASSWORD_FAULT_MAX];
    struct slice limits, address, password;
    slice_split(input, '|', &limits, &address);
    slice_split(address, '|', &address, &password);
    const struct password_rule rule = rule_of(limits, address);
    if (password_rule_check(&rule, password, fault)) {
        assert_string_equal(fault, "");
        snprintf(out, CASE_ANSWER_MAX, "ok");
        return;
    }
    assert_true(slice_has_suffix_nocase(slice_from(fault), SLICE(SHOWN)));
    snprintf(out, CASE_ANSWER_MAX, "%.*s", (int)(strlen(fault) - strlen(SHOWN)), fault);
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("password/rule.cases", judge);
}

// PostgreSQL refuses them before it looks at a rule.
static void test_bytes_that_are_no_text(void **state)
{
    (void)state;
    static const struct slice texts[] = {
        SLICE("aaaaaaa1\xff"), SLICE("aaaaaaa1\xc3"),         SLICE("aaaaaaa1\xc0\x80"),
        SLICE("aaaaaaa1\x80"), SLICE("aaaaaaa1\xed\xa0\x80"), SLICE("aaaaaaa1\xf4\x90\x80\x80"),
        SLICE("aaaaaaa1\0b"),
    };
    const struct password_rule rule = rule_of(SLICE("8 2"), SLICE(""));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char fault[PASSWORD_FAULT_MAX];
        assert_false(password_rule_check(&rule, texts[i], fault));
        assert_string_equal(fault, "the password is no text in UTF-8: choose another" SHOWN);
    }
}

static int read_list(void **state)
{
    (void)state;
    FILE *file = fopen(EMG_SOURCE "/sql/data/common_passwords.list", "r");
    const size_t len = file ? fread(common, 1, sizeof common - 1, file) : 0;
    if (file)
        fclose(file);
    return len > 10000 && len < sizeof common - 1 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_bytes_that_are_no_text),
    };
    return cmocka_run_group_tests(tests, read_list, NULL);
}
