// SPDX-License-Identifier: BSD-2-Clause
#include "case_lines.h"
#include "milter/headers/forged_field.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

// "HOST NAME: VALUE"
static void match(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct slice own, name, value;
    slice_split(input, ' ', &own, &name);
    slice_split(slice_trim(name), ':', &name, &value);
    const bool matches =
        forged_field_auth_results(name, value, own) || forged_field_received_spf(name, value, own);
    snprintf(out, CASE_ANSWER_MAX, "%s", matches ? "remove" : "keep");
}

static void test_l1_cases(void **state)
{
    (void)state;
    case_lines_check("milter/forged_field.cases", match);
}

// CPU time of this thread, which other load does not affect.
static int64_t cpu_us(void)
{
    struct timespec time;
    assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time), 0);
    return time.tv_sec * INT64_C(1000000) + time.tv_nsec / 1000;
}

// The value is from the sender: no value takes long.
static void test_l1_time_is_linear(void **state)
{
    (void)state;
    static const char *const pieces[] = {"(",
                                         "receiver(",
                                         "receiver=a(",
                                         "receiver=.receiver (x) .",
                                         "\"(",
                                         "(\\",
                                         "(\"\\ ",
                                         "( . ",
                                         "=?x?q?z",
                                         "=?utf-8?q?(?=",
                                         "(\u00a0",
                                         "=?utf-8?b?",
                                         "\u200b(\u3000ä.",
                                         "=?utf-8?b?KA==?= ",
                                         "=?=?"};
    enum { SIZE = 100000 };
    char *value = malloc(SIZE);
    assert_non_null(value);
    for (size_t piece = 0; piece < sizeof pieces / sizeof *pieces; piece++) {
        for (size_t i = 0; i < SIZE; i++)
            value[i] = pieces[piece][i % strlen(pieces[piece])];
        const int64_t start = cpu_us();
        assert_false(
            forged_field_received_spf(SLICE("Received-SPF"), slice_make(value, SIZE), SLICE("mx.example")));
        assert_false(forged_field_auth_results(SLICE("Authentication-Results"), slice_make(value, SIZE),
                                               SLICE("mx.example")));
        assert_in_range(cpu_us() - start, 0, 2000000);
    }
    free(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_l1_cases),
        cmocka_unit_test(test_l1_time_is_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
