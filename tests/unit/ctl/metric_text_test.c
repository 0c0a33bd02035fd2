// SPDX-License-Identifier: BSD-2-Clause
// Golden cases of the reading of metrics and of the queue: tests/cases/ctl/metric_text.cases,
// queue_listing.cases.
#include "case_lines.h"
#include "ctl/status/metric_text.h"
#include "ctl/status/queue_listing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>

static void answer_metric(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct metric_sample sample;
    char label[32];
    size_t len = 0;
    out[0] = '\0';
    while (metric_text_next(&input, &sample)) {
        len += (size_t)snprintf(out + len, CASE_ANSWER_MAX - len, "%s%.*s %g", len ? "; " : "",
                                (int)sample.name.len, sample.name.ptr, sample.value);
        if (metric_text_label(&sample, "zone", label, sizeof label))
            len += (size_t)snprintf(out + len, CASE_ANSWER_MAX - len, " zone %s", label);
    }
    if (len == 0)
        snprintf(out, CASE_ANSWER_MAX, "none");
}

static void answer_queue(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct queue_summary sum = {0};
    struct slice line;
    int other = 0;
    while (input.len > 0) {
        slice_split(input, '\n', &line, &input);
        other += !queue_listing_add(&sum, line);
    }
    snprintf(out, CASE_ANSWER_MAX,
             "%" PRId64 " messages, %" PRId64 " deferred, %" PRId64 " held, oldest %" PRId64 ", %d other",
             sum.messages, sum.deferred, sum.held, sum.oldest, other);
}

static void test_metrics(void **state)
{
    (void)state;
    case_lines_check("ctl/metric_text.cases", answer_metric);
}

static void test_queue(void **state)
{
    (void)state;
    case_lines_check("ctl/queue_listing.cases", answer_queue);
}

static void test_first_finite_sample_counts(void **state)
{
    double value = 0;
    (void)state;
    assert_true(metric_text_find(SLICE("a NaN\na{x=\"1\"} 3\na 4\n"), "a", &value));
    assert_true(value == 3);
    assert_false(metric_text_find(SLICE("ab 1\n# a 2\n"), "a", &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_metrics),
        cmocka_unit_test(test_queue),
        cmocka_unit_test(test_first_finite_sample_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
