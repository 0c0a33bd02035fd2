// SPDX-License-Identifier: BSD-2-Clause
#include "case_lines.h"
#include "milter/headers/received_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void find(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct received_client client;
    char address[CIDR_TEXT_MAX];
    snprintf(out, CASE_ANSWER_MAX, "none");
    if (!received_client_find(input, &client))
        return;
    ip_format(&client.ip, address);
    snprintf(out, CASE_ANSWER_MAX, "%s %s", address, client.helo);
}

static void test_u5_shapes(void **state)
{
    (void)state;
    case_lines_check("milter/received_client.cases", find);
}

// A HELO name may be so long that the relay's own words are far after it.
static void test_u5_long_helo_hides_nothing(void **state)
{
    (void)state;
    char value[6000];
    struct received_client client;
    for (int len = 0; len <= 5000; len += 50) {
        snprintf(value, sizeof value,
                 "from bank.example [198.51.100.1] by x %0*d (b [192.0.2.1]) by mx.example", len, 0);
        assert_false(received_client_find(slice_from(value), &client));
        snprintf(value, sizeof value, "from [198.51.100.1] by x (Exim) %0*d (b [192.0.2.1]) by mx.example",
                 len, 0);
        assert_false(received_client_find(slice_from(value), &client));
    }
}

static void test_long_name_is_not_cut(void **state)
{
    (void)state;
    char value[1000];
    struct received_client client;
    for (int len = SPF_NAME_MAX; len <= SPF_NAME_MAX + 1; len++) {
        snprintf(value, sizeof value, "from %0*d (unknown [192.0.2.1]) by mx.example", len, 0);
        assert_int_equal(received_client_find(slice_from(value), &client), len == SPF_NAME_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_u5_shapes),
        cmocka_unit_test(test_long_name_is_not_cut),
        cmocka_unit_test(test_u5_long_helo_hides_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
