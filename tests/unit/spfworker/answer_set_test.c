// SPDX-License-Identifier: BSD-2-Clause
#include "spfworker/answer_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct spf_question make_question(unsigned number)
{
    struct spf_question question = {.type = DNS_TYPE_TXT};
    snprintf(question.name, sizeof question.name, "n%u.example", number);
    return question;
}

static void answers_stay_as_they_were(void **state)
{
    static struct answer_set set;
    char text[] = "v=spf1 -all", address[] = "\x7f\0\0\1";
    const struct spf_question txt = make_question(1), a = {DNS_TYPE_A, "n1.example"};
    const struct dns_answer answer = {.rc = DNS_FOUND,
                                      .count = 2,
                                      .truncated = true,
                                      .ttl = 60,
                                      .data = {{text, sizeof text - 1}, {"", 0}}};
    const struct dns_answer other = {.rc = DNS_FOUND, .count = 1, .data = {{address, 4}}};
    (void)state;
    assert_null(answer_set_find(&set, &txt));
    const struct dns_answer *kept = answer_set_put(&set, &txt, &answer);
    assert_non_null(answer_set_put(&set, &a, &other));
    memset(text, 'x', sizeof text - 1);
    assert_ptr_equal(answer_set_find(&set, &txt), kept);
    assert_int_equal(kept->rc, DNS_FOUND);
    assert_int_equal(kept->count, 2);
    assert_true(kept->truncated);
    assert_int_equal(kept->ttl, 60);
    assert_true(slice_equal(kept->data[0], SLICE("v=spf1 -all")));
    assert_int_equal(kept->data[1].len, 0);
    assert_int_equal(answer_set_find(&set, &a)->data[0].len, 4);
    answer_set_finish(&set);
    assert_null(answer_set_find(&set, &txt));
}

static void their_number_is_bounded(void **state)
{
    static struct answer_set set;
    const struct dns_answer none = {.rc = DNS_NONE};
    struct spf_question question;
    (void)state;
    for (unsigned i = 0; i < ANSWER_SET_MAX; i++) {
        question = make_question(i);
        assert_non_null(answer_set_put(&set, &question, &none));
    }
    question = make_question(ANSWER_SET_MAX);
    assert_null(answer_set_put(&set, &question, &none));
    answer_set_finish(&set);
}

static void what_makes_them_too_large_counts_as_failed(void **state)
{
    static struct answer_set set;
    static char text[DNS_TEXT_MAX];
    struct dns_answer answer = {.rc = DNS_FOUND, .count = 7};
    const unsigned fit = ANSWER_SET_BYTES_MAX / (7 * DNS_TEXT_MAX);
    (void)state;
    for (unsigned i = 0; i < answer.count; i++)
        answer.data[i] = slice_make(text, sizeof text);
    for (unsigned i = 0; i < 30; i++) {
        struct spf_question question = make_question(i);
        const struct dns_answer *kept = answer_set_put(&set, &question, &answer);
        assert_int_equal(kept->rc, i < fit ? DNS_FOUND : DNS_FAILED);
        assert_int_equal(kept->count, i < fit ? 7 : 0);
        assert_true(set.bytes <= ANSWER_SET_BYTES_MAX);
    }
    answer_set_finish(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_stay_as_they_were),
        cmocka_unit_test(their_number_is_bounded),
        cmocka_unit_test(what_makes_them_too_large_counts_as_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
