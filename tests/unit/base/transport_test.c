// SPDX-License-Identifier: BSD-2-Clause
#include "base/transport.h"
#include "case_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void answer(struct slice input, char out[CASE_ANSWER_MAX])
{
    static const char *const kinds[] = {
        [TRANSPORT_NAME] = "name", [TRANSPORT_IPV4] = "ipv4", [TRANSPORT_IPV6] = "ipv6"};
    struct transport transport;
    if (!transport_parse(input, &transport)) {
        snprintf(out, CASE_ANSWER_MAX, "bad");
        return;
    }
    assert_true(transport.host.ptr >= input.ptr &&
                transport.host.ptr + transport.host.len <= input.ptr + input.len);
    snprintf(out, CASE_ANSWER_MAX, "%s %.*s port %u", kinds[transport.kind], (int)transport.host.len,
             transport.host.ptr, transport.port);
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("base/transport.cases", answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
