// SPDX-License-Identifier: BSD-2-Clause
// Golden cases of the table that postconf(1) prints: tests/cases/ctl/postconf.cases.
#include "case_lines.h"
#include "ctl/check/postconf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void put(struct slice value, const char *tail, char out[CASE_ANSWER_MAX])
{
    if (value.len == 0)
        value = SLICE("(empty)");
    snprintf(out, CASE_ANSWER_MAX, "%.*s%s", (int)value.len, value.ptr, tail);
}

static void answer_service(const struct postconf *postconf, struct slice number, char out[CASE_ANSWER_MAX])
{
    unsigned long long n;
    struct postconf_service service;
    assert_true(slice_number(number, 100, &n));
    if (!postconf_service(postconf, n, &service)) {
        snprintf(out, CASE_ANSWER_MAX, "(none)");
        return;
    }
    snprintf(out, CASE_ANSWER_MAX, "%.*s %.*s %.*s %.*s", (int)service.name.len, service.name.ptr,
             (int)service.type.len, service.type.ptr, (int)service.chroot.len, service.chroot.ptr,
             (int)service.command.len, service.command.ptr);
}

static void answer_list(struct slice rest, char out[CASE_ANSWER_MAX])
{
    size_t len = 0;
    for (struct slice word; postconf_next(&rest, &word);)
        len += (size_t)snprintf(out + len, CASE_ANSWER_MAX - len, "%s[%.*s]", len ? " " : "", (int)word.len,
                                word.ptr);
    if (len == 0)
        snprintf(out, CASE_ANSWER_MAX, "(none)");
}

static void answer_at(const struct postconf *postconf, struct slice where, const char *name,
                      char out[CASE_ANSWER_MAX])
{
    struct postconf_service service = {.chroot = SLICE("y")};
    bool own;
    assert_true(slice_split(where, '/', &service.name, &service.type));
    const struct slice value = postconf_value_at(postconf, &service, name, &own);
    put(value, own ? " (own)" : "", out);
}

static void answer(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct slice text, question, verb, subject, name;
    char parameter[64];
    assert_true(slice_split_last(input, ';', &text, &question));
    const struct postconf postconf = {.text = text};
    question = slice_trim(question);
    (void)slice_split(question, ' ', &verb, &subject);
    if (slice_equal(verb, SLICE("service"))) {
        answer_service(&postconf, subject, out);
    } else if (slice_equal(verb, SLICE("at"))) {
        assert_true(slice_split(subject, ' ', &subject, &name));
        assert_true(slice_copy(name, parameter, sizeof parameter));
        answer_at(&postconf, subject, parameter, out);
    } else {
        assert_true(slice_copy(subject, parameter, sizeof parameter));
        if (slice_equal(verb, SLICE("list")))
            answer_list(postconf_value(&postconf, parameter), out);
        else
            put(postconf_value(&postconf, parameter), "", out);
    }
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("ctl/postconf.cases", answer);
}

static void test_seconds(void **state)
{
    int64_t seconds = 0;
    (void)state;
    assert_true(postconf_seconds(SLICE("5s"), 'd', &seconds));
    assert_int_equal(seconds, 5);
    assert_true(postconf_seconds(SLICE("2"), 'd', &seconds));
    assert_int_equal(seconds, 172800);
    assert_true(postconf_seconds(SLICE("1w"), 's', &seconds));
    assert_int_equal(seconds, 604800);
    assert_false(postconf_seconds(SLICE(""), 's', &seconds));
    assert_false(postconf_seconds(SLICE("5y"), 's', &seconds));
    assert_false(postconf_seconds(SLICE("-1"), 's', &seconds));
    assert_false(postconf_seconds(SLICE("99999999999d"), 's', &seconds));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_seconds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
