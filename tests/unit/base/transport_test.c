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

static bool is_public(const char *text)
{
    struct transport transport;
    if (!transport_parse(slice_from(text), &transport))
        fail_msg("%s", text);
    return transport_is_public(&transport);
}

static void test_m7_special_hosts_are_no_customers(void **state)
{
    static const char *const special[] = {"127.0.0.1:5432",
                                          "127.255.0.1",
                                          "localhost",
                                          "intranet",
                                          "169.254.169.254:80",
                                          "0.0.0.0",
                                          "255.255.255.255",
                                          "224.0.0.1",
                                          "10.0.0.1",
                                          "172.31.255.255",
                                          "192.168.1.1",
                                          "100.64.0.1",
                                          "[::1]",
                                          "[::]",
                                          "[fe80::1]",
                                          "[fec0::1]",
                                          "[ff02::1]",
                                          "[fd00::1]",
                                          "[::127.0.0.1]",
                                          "[::ffff:127.0.0.1]",
                                          "[64:ff9b::7f00:1]",
                                          "metadata.google.internal",
                                          "a.LOCALHOST",
                                          "printer.local",
                                          "x.store.invalid"};
    static const char *const customers[] = {"mail.example.com:2525", "192.0.2.1", "172.32.0.1",
                                            "[2001:db8::1]:26",      "11.0.0.1",  "[2a00:1450::1]",
                                            "223.255.255.255"};
    (void)state;
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
        if (is_public(special[i]))
            fail_msg("%s is taken for a customer's", special[i]);
    for (size_t i = 0; i < sizeof customers / sizeof customers[0]; i++)
        if (!is_public(customers[i]))
            fail_msg("%s is taken for special", customers[i]);
}

static bool is_listed(const char *text, const char *list)
{
    struct transport transport;
    assert_true(transport_parse(slice_from(text), &transport));
    return transport_is_listed(&transport, slice_from(list));
}

static void test_m7_lists_hold_names_addresses_and_networks(void **state)
{
    (void)state;
    assert_true(is_listed("MX1.example.com:26", "mx1.example.com"));
    assert_true(is_listed("mx1.example.com", " mx0.example.com,\tmx1.example.com. "));
    assert_true(is_listed("192.0.2.7", "mx1.example.com 192.0.2.7"));
    assert_true(is_listed("[2001:db8::7]", "2001:db8::/32"));
    assert_true(is_listed("10.1.2.3", "10.0.0.0/8,192.168.0.0/16"));
    assert_false(is_listed("11.1.2.3", "10.0.0.0/8 192.168.0.0/16 10.1.2.3"));
    assert_false(is_listed("mx1.example.com", "mx1.example.co mx.example.com"));
    assert_false(is_listed("mx1.example.com", ""));
    assert_false(is_listed("192.0.2.7", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases),
                                       cmocka_unit_test(test_m7_special_hosts_are_no_customers),
                                       cmocka_unit_test(test_m7_lists_hold_names_addresses_and_networks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
