// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/judge/judge.h"

#include "case_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct judge_rules rules = {.window = 5, .down_after = 4, .down_min = 180, .up_after = 3};

// Adds the results of a case one after the other; the letter of each state goes to `out`.
static void judge_line(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct judge_history history = {.state = JUDGE_UNKNOWN};
    int64_t now = 1000000;
    size_t states = 0;
    char text[CASE_ANSWER_MAX];
    assert_true(slice_copy(input, text, sizeof text));
    for (char *at = text; *at; at++) {
        if (*at == ' ')
            continue;
        char *end;
        const long step = strtol(at, &end, 10);
        now += end > at ? step : 60;
        at = end;
        judge_history_add(&history, now, *at == 'o');
        history.state = judge_server(&history, &rules, *at == '~');
        out[states++] = "?udf"[history.state];
    }
    out[states] = '\0';
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("notifier/judge.cases", judge_line);
}

// A steady server leaves "unstable" only when its history is calm, so that one good minute is no recovery.
static void test_flapping_ends_late(void **state)
{
    struct judge_history history = {.state = JUDGE_UNKNOWN};
    int64_t now = 0;
    (void)state;
    for (unsigned i = 0; i < 21; i++) {
        judge_history_add(&history, now += 60, i % 2);
        history.state = judge_server(&history, &rules, false);
    }
    assert_int_equal(history.state, JUDGE_UNSTABLE);
    unsigned probes = 0;
    for (; history.state == JUDGE_UNSTABLE && probes < 30; probes++) {
        judge_history_add(&history, now += 60, true);
        history.state = judge_server(&history, &rules, false);
    }
    assert_int_equal(history.state, JUDGE_UP);
    assert_in_range(probes, 10, 21);
}

static void test_self(void **state)
{
    (void)state;
    assert_false(judge_self(0, 0, 30));
    assert_false(judge_self(9, 9, 30));
    assert_false(judge_self(10, 3, 30));
    assert_true(judge_self(10, 4, 30));
    assert_false(judge_self(1000, 300, 30));
}

static void test_names(void **state)
{
    enum judge_state found;
    (void)state;
    for (enum judge_state s = JUDGE_UNKNOWN; s <= JUDGE_UNSTABLE; s++) {
        assert_true(judge_state_of(judge_state_name(s), &found));
        assert_int_equal(found, s);
    }
    assert_false(judge_state_of("sideways", &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_flapping_ends_late),
        cmocka_unit_test(test_self),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
