// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/trend/queue_trend.h"

#include "case_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LIFETIME = 30 * 86400 };
static const int64_t now = INT64_C(1700000000);

static char left[1000]; // the names of on_left, each with a blank

static void on_left(struct slice domain, void *arg)
{
    (void)arg;
    snprintf(left + strlen(left), sizeof left - strlen(left), "%.*s ", (int)domain.len, domain.ptr);
}

static const char *end(struct queue_trend *trend, bool complete)
{
    left[0] = '\0';
    queue_trend_end(trend, complete, now, LIFETIME, on_left, NULL);
    return left;
}

// A count as a case has it: adds the domain, if it has mail.
static void add_count(struct queue_trend *trend, const char *word)
{
    if (strcmp(word, "-") != 0)
        queue_trend_add(trend, SLICE("a.example"),
                        *word == '?' ? QUEUE_TREND_UNKNOWN : now - 60 * (int64_t)strtol(word, NULL, 10));
}

static void trend_line(struct slice input, char out[CASE_ANSWER_MAX])
{
    char text[CASE_ANSWER_MAX];
    struct queue_trend *trend = queue_trend_create();
    assert_non_null(trend);
    assert_true(slice_copy(input, text, sizeof text));
    char *second = strchr(text, ' ');
    assert_non_null(second);
    *second++ = '\0';
    add_count(trend, text);
    assert_string_equal(end(trend, true), "");
    add_count(trend, second);
    strcpy(out, *end(trend, true) ? "left" : "stays");
    queue_trend_destroy(trend);
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("notifier/trend.cases", trend_line);
}

// A count that lacks messages, such as after a restart of the queue watch, shows none that left; nor does the
// count after it.
static void test_incomplete(void **state)
{
    struct queue_trend *trend = queue_trend_create();
    (void)state;
    queue_trend_add(trend, SLICE("a.example"), now - 3600);
    assert_string_equal(end(trend, true), "");
    assert_string_equal(end(trend, false), "");
    queue_trend_add(trend, SLICE("b.example"), now - 3600);
    assert_string_equal(end(trend, true), "");
    assert_string_equal(end(trend, true), "b.example ");
    queue_trend_destroy(trend);
}

static void test_many(void **state)
{
    struct queue_trend *trend = queue_trend_create();
    char name[30];
    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 5000; i++) {
            snprintf(name, sizeof name, "d%u.example", i);
            queue_trend_add(trend, slice_from(name), now - 3600 + (round == 2 && i == 4321));
            queue_trend_add(trend, slice_from(name), now - 1); // the first one counts
        }
        assert_string_equal(end(trend, true), round == 2 ? "d4321.example " : "");
    }
    queue_trend_destroy(trend);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_incomplete),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
