// SPDX-License-Identifier: BSD-2-Clause
// Golden cases of mail from relays: tests/cases/milter/received_trace.cases.
#include "case_lines.h"
#include "milter/headers/received_trace.h"
#include "rows.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct directory *directory;
static const struct directory_snapshot *rows;

static int set_up(void **state)
{
    struct problem problem;
    const char *path = scratch_make();
    (void)state;
    if (!rows_load(path,
                   "setting relay_networks value=\"192.0.2.50 192.0.2.51 2001:db8:50::/48\"\n"
                   "setting trusted_networks value=198.51.100.0/28\n",
                   &problem))
        fail_msg("%s", problem.text);
    directory = directory_create(path);
    return directory_begin(directory, &rows) == DIRECTORY_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    directory_end(directory);
    directory_destroy(directory);
    scratch_remove();
    return 0;
}

static void show(const struct received_trace *trace, char out[CASE_ANSWER_MAX])
{
    char address[CIDR_TEXT_MAX];
    if (trace->state != RECEIVED_TRACE_FOUND) {
        snprintf(out, CASE_ANSWER_MAX, "%s", trace->state == RECEIVED_TRACE_INSIDE ? "inside" : "unknown");
        return;
    }
    ip_format(&trace->client.ip, address);
    snprintf(out, CASE_ANSWER_MAX, "%s %s", address, trace->client.helo);
}

static void answer(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct received_trace trace = {.seen = 0};
    while (input.len) {
        struct slice value;
        (void)slice_split(input, '|', &value, &input);
        received_trace_add(&trace, rows, slice_trim(value));
    }
    show(&trace, out);
}

static void test_f6_first_client_from_outside(void **state)
{
    (void)state;
    case_lines_check("milter/received_trace.cases", answer);
}

static void test_f6_hops_are_bounded(void **state)
{
    const struct slice hop = SLICE("from a (a [10.0.0.7]) by b (Postfix)"),
                       client = SLICE("from c (c [203.0.113.9]) by d (Postfix)");
    (void)state;
    for (unsigned hops = RECEIVED_TRACE_MAX - 1; hops <= RECEIVED_TRACE_MAX; hops++) {
        struct received_trace trace = {.seen = 0};
        for (unsigned i = 0; i < hops; i++)
            received_trace_add(&trace, rows, hop);
        assert_int_equal(trace.state, RECEIVED_TRACE_INSIDE);
        for (unsigned i = 0; i < 3; i++)
            received_trace_add(&trace, rows, client);
        assert_int_equal(trace.state,
                         hops < RECEIVED_TRACE_MAX ? RECEIVED_TRACE_FOUND : RECEIVED_TRACE_UNKNOWN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_f6_first_client_from_outside),
        cmocka_unit_test(test_f6_hops_are_bounded),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
