// SPDX-License-Identifier: BSD-2-Clause
#include "base/counter.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_printed(const char *expected)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    counter_print(out);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void test_counters(void **state)
{
    (void)state;
    struct counter known = {.name = "asked_total", .help = "Look-ups.", .labels = {{"zone", "a"}}};
    struct counter other = {.name = "asked_total", .help = "Look-ups.", .labels = {{"zone", "b"}}};
    struct counter age = {.name = "age_seconds", .help = "C:\\ is\nno drive \"here\"", .kind = COUNTER_GAUGE};
    counter_register(&known);
    counter_register(&other);
    counter_register(&known);
    counter_register(&age);
    counter_add(&known, 1);
    counter_add(&known, 1e15);
    counter_set(&age, 0.25);
    assert_printed("# HELP asked_total Look-ups.\n"
                   "# TYPE asked_total counter\n"
                   "asked_total{zone=\"a\"} 1000000000000001\n"
                   "asked_total{zone=\"b\"} 0\n"
                   "# HELP age_seconds C:\\\\ is\\nno drive \"here\"\n"
                   "# TYPE age_seconds gauge\n"
                   "age_seconds 0.25\n");
    counter_unregister(&known);
    counter_unregister(&known);
    counter_unregister(&age);
    assert_printed("# HELP asked_total Look-ups.\n# TYPE asked_total counter\nasked_total{zone=\"b\"} 0\n");
    counter_register(&age);
    counter_register(&known); // after its sibling, as the format requires
    assert_printed(
        "# HELP asked_total Look-ups.\n# TYPE asked_total counter\nasked_total{zone=\"b\"} 0\n"
        "asked_total{zone=\"a\"} 1000000000000001\n"
        "# HELP age_seconds C:\\\\ is\\nno drive \"here\"\n# TYPE age_seconds gauge\nage_seconds 0.25\n");
    counter_unregister(&age);
    counter_unregister(&other);
    counter_unregister(&known);
    assert_printed("");
}

static const char *word(unsigned value)
{
    static const char *const words[] = {"a\"b\\c\nd", "plain"};
    return words[value];
}

static void test_family(void **state)
{
    (void)state;
    struct counter counters[2] = {{.kind = COUNTER_TOTAL}};
    counter_family_register(&(struct counter_family){.name = "answers_total",
                                                     .help = "Answers.",
                                                     .shared = {"map", "m"},
                                                     .label = "answer",
                                                     .word = word,
                                                     .count = 2,
                                                     .counters = counters});
    counter_add(&counters[1], 2);
    assert_printed("# HELP answers_total Answers.\n# TYPE answers_total counter\n"
                   "answers_total{map=\"m\",answer=\"a\\\"b\\\\c\\nd\"} 0\n"
                   "answers_total{map=\"m\",answer=\"plain\"} 2\n");
    counter_unregister(&counters[0]);
    counter_unregister(&counters[1]);
}

static void test_values(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *line;
    } cases[] = {
        {-3, "v -3\n"},           {1.0 / 3, "v 0.333333333333333\n"},
        {1e300, "v 1e+300\n"},    {9007199254740992.0, "v 9007199254740992\n"},
        {INFINITY, "v +Inf\n"},   {-INFINITY, "v -Inf\n"},
        {(double)NAN, "v NaN\n"},
    };
    struct counter gauge = {.name = "v", .help = NULL, .kind = COUNTER_GAUGE};
    counter_register(&gauge);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char expected[128];
        snprintf(expected, sizeof expected, "# HELP v \n# TYPE v gauge\n%s", cases[i].line);
        counter_set(&gauge, cases[i].value);
        assert_printed(expected);
    }
    counter_unregister(&gauge);
}

// Buckets count what is at or below their bound, and each holds those before it.
static void test_histogram(void **state)
{
    (void)state;
    static struct histogram wait = {.name = "wait_seconds", .help = "Waits."}; // stays registered
    histogram_register(&wait);
    histogram_register(&wait);
    static const int64_t observed[] = {0, 10, 11, 20, 21, 327680, 327681, 60000000};
    for (size_t i = 0; i < sizeof observed / sizeof observed[0]; i++)
        histogram_observe_us(&wait, observed[i]);
    assert_printed("# HELP wait_seconds Waits.\n"
                   "# TYPE wait_seconds histogram\n"
                   "wait_seconds_bucket{le=\"1e-05\"} 2\n"
                   "wait_seconds_bucket{le=\"2e-05\"} 4\n"
                   "wait_seconds_bucket{le=\"4e-05\"} 5\n"
                   "wait_seconds_bucket{le=\"8e-05\"} 5\n"
                   "wait_seconds_bucket{le=\"0.00016\"} 5\n"
                   "wait_seconds_bucket{le=\"0.00032\"} 5\n"
                   "wait_seconds_bucket{le=\"0.00064\"} 5\n"
                   "wait_seconds_bucket{le=\"0.00128\"} 5\n"
                   "wait_seconds_bucket{le=\"0.00256\"} 5\n"
                   "wait_seconds_bucket{le=\"0.00512\"} 5\n"
                   "wait_seconds_bucket{le=\"0.01024\"} 5\n"
                   "wait_seconds_bucket{le=\"0.02048\"} 5\n"
                   "wait_seconds_bucket{le=\"0.04096\"} 5\n"
                   "wait_seconds_bucket{le=\"0.08192\"} 5\n"
                   "wait_seconds_bucket{le=\"0.16384\"} 5\n"
                   "wait_seconds_bucket{le=\"0.32768\"} 6\n"
                   "wait_seconds_bucket{le=\"+Inf\"} 8\n"
                   "wait_seconds_sum 60.655423\n"
                   "wait_seconds_count 8\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counters),
        cmocka_unit_test(test_family),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_histogram),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
