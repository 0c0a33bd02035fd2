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

static void self_line(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct judge_totals totals;
    unsigned long long numbers[4];
    char text[CASE_ANSWER_MAX];
    assert_true(slice_copy(input, text, sizeof text));
    char *at = text;
    for (unsigned i = 0; i < 4; i++, at += *at != '\0')
        numbers[i] = strtoull(at, &at, 10);
    totals = (struct judge_totals){.failing_domains = numbers[0],
                                   .domains = numbers[1],
                                   .failing_servers = numbers[2],
                                   .servers = numbers[3]};
    strcpy(out, judge_self(&totals, 30) ? "yes" : "no");
}

static void test_self(void **state)
{
    (void)state;
    case_lines_check("notifier/self.cases", self_line);
}

static void suspicion_line(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct judge_suspicion suspicion = {0};
    int64_t now = 1000000;
    size_t states = 0;
    char text[CASE_ANSWER_MAX];
    assert_true(slice_copy(input, text, sizeof text));
    for (char *at = text; *at; at++) {
        if (*at == ' ')
            continue;
        const struct judge_suspicion before = suspicion;
        char *end;
        const long step = strtol(at, &end, 10);
        now += end > at ? step : 5;
        at = end;
        const bool changed = judge_suspect(&suspicion, *at == 'y', now);
        assert_int_equal(changed,
                         suspicion.suspected != before.suspected || suspicion.reported != before.reported);
        out[states++] = "-sR"[suspicion.suspected + suspicion.reported];
    }
    out[states] = '\0';
}

static void test_suspicion(void **state)
{
    (void)state;
    case_lines_check("notifier/suspicion.cases", suspicion_line);
}

// Mail that left the queue is worth more than a probe that got no answer, but not than one that was refused.
static void test_mail_that_left(void **state)
{
    (void)state;
    assert_true(judge_probe_ok(true, false, false));
    assert_true(judge_probe_ok(true, true, false));
    assert_false(judge_probe_ok(false, false, false));
    assert_true(judge_probe_ok(false, false, true));
    assert_false(judge_probe_ok(false, true, true));
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
        cmocka_unit_test(test_cases),          cmocka_unit_test(test_flapping_ends_late),
        cmocka_unit_test(test_self),           cmocka_unit_test(test_suspicion),
        cmocka_unit_test(test_mail_that_left), cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
