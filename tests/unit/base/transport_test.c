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

static void answer_network(struct slice address, char out[CASE_ANSWER_MAX])
{
    const bool is_v6 = memchr(address.ptr, ':', address.len);
    const struct transport transport = {
        .kind = is_v6 ? TRANSPORT_IPV6 : TRANSPORT_IPV4, .host = address, .port = 25};
    snprintf(out, CASE_ANSWER_MAX, "%s", transport_is_public(&transport) ? "public" : "special");
}

static void test_m7_special_networks(void **state)
{
    (void)state;
    case_lines_check("base/special_networks.cases", answer_network);
}

static void test_m7_special_names(void **state)
{
    static const char *const special[] = {"localhost",   "intranet",      "metadata.google.internal",
                                          "a.LOCALHOST", "printer.local", "x.store.invalid"};
    struct transport transport;
    (void)state;
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
        assert_true(transport_parse(slice_from(special[i]), &transport));
        if (transport_is_public(&transport))
            fail_msg("%s is accepted as a customer's", special[i]);
    }
    assert_true(transport_parse(SLICE("mail.example.com:2525"), &transport));
    assert_true(transport_is_public(&transport));
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
                                       cmocka_unit_test(test_m7_special_networks),
                                       cmocka_unit_test(test_m7_special_names),
                                       cmocka_unit_test(test_m7_lists_hold_names_addresses_and_networks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
