// SPDX-License-Identifier: BSD-2-Clause
#include "console/mua/mua_address.h"
#include "console/mua/mua_profile.h"
#include "console/mua/mua_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void test_addresses(void **state)
{
    static const struct {
        const char *in, *text, *domain;
    } cases[] = {{"Anna@Example.COM", "anna@example.com", "example.com"},
                 {"anna@b\xc3\xbc"
                  "cher.example",
                  "anna@xn--bcher-kva.example", "xn--bcher-kva.example"},
                 {"\"a b\"@example.com", "\"a b\"@example.com", "example.com"},
                 {"a&<>'@example.com", "\"a&<>'\"@example.com", "example.com"},
                 {"\xc3\xbc@example.com", "\xc3\xbc@example.com", "example.com"},
                 {"", "", ""},
                 {"anna", "", ""},
                 {"@example.com", "", ""},
                 {"%EMAILADDRESS%", "", ""},
                 {"anna@[192.0.2.1]", "", ""},
                 {"anna@a_b.example", "", ""},
                 {"an\nna@example.com", "", ""},
                 {"\xef\xbf\xbe@example.com", "", ""},
                 {"\xff@example.com", "", ""}};
    struct mua_address address;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(mua_address_read(slice_from(cases[i].in), &address), *cases[i].text != '\0');
        assert_string_equal(address.domain, cases[i].domain);
        if (!strchr(cases[i].text, '&')) // how a local part is quoted is base/address.h's matter
            assert_string_equal(address.text, cases[i].text);
    }
}

static void test_hosts(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {{"autoconfig.example.com", "example.com"},
                 {"AutoDiscover.Example.com:8443", "example.com"},
                 {"autoconfig.autoconfig.example.com", "autoconfig.example.com"},
                 {"example.com", "example.com"},
                 {"autoconfig.", ""},
                 {"", ""},
                 {"[::1]:443", ""},
                 {"a b.example", ""}};
    char domain[ADDRESS_DOMAIN_MAX + 1];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(mua_address_host(slice_from(cases[i].in), domain), *cases[i].out != '\0');
        assert_string_equal(domain, cases[i].out);
    }
    assert_false(mua_address_host(slice_make(NULL, 0), domain));
}

#define OUTLOOK                                                                                              \
    "<?xml version=\"1.0\" encoding=\"utf-8\"?><Autodiscover "                                               \
    "xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006\"><Request>"

static const struct {
    const char *in, *out;
} requests[] = {
    {OUTLOOK
     "<EMailAddress>anna@example.com</EMailAddress><AcceptableResponseSchema>x</AcceptableResponseSchema>"
     "</Request></Autodiscover>",
     "anna@example.com"},
    {OUTLOOK "<a:emailaddress x='1'>\r\n  anna@example.com \r\n</a:emailaddress>", "anna@example.com"},
    {"<EMailAddress>a&amp;b&lt;&gt;&quot;&apos;@example.com</EMailAddress>", "a&b<>\"'@example.com"},
    {"<EMailAddress>a@b</EMailAddress><EMailAddress>c@d</EMailAddress>", "a@b"},
    // Hostile, or broken
    {"<!DOCTYPE a [<!ENTITY x \"y\">]><EMailAddress>&x;@example.com</EMailAddress>", ""},
    {"<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><EMailAddress>a@b</EMailAddress>", ""},
    {"<EMailAddress><![CDATA[a@b]]></EMailAddress>", ""},
    {"<EMailAddress>&x;@example.com</EMailAddress>", ""},
    {"<EMailAddress>&#97;@example.com</EMailAddress>", ""},
    {"<EMailAddress>a&amp@example.com</EMailAddress>", ""},
    {"<EMailAddress>a@b<x/></EMailAddress>", ""},
    {"<EMailAddress/>", ""},
    {"<EMailAddress></EMailAddress>", ""},
    {"<EMailAddress>a@b", ""},
    {"<EMailAddress", ""},
    {"<", ""},
    {">", ""},
    {"", ""},
    {"<EMailAddresses>a@b</EMailAddresses>", ""},
    {"EMailAddress>a@b</EMailAddress>", ""},
};

static void test_requests(void **state)
{
    char address[ADDRESS_MAX + 1], long_body[MUA_REQUEST_MAX + 100];
    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        assert_int_equal(mua_request_address(slice_from(requests[i].in), address), *requests[i].out != '\0');
        assert_string_equal(address, requests[i].out);
    }
    assert_false(mua_request_address(slice_make("<EMailAddress>a\0@b</EMailAddress>", 33), address));
    assert_false(mua_request_address(slice_make(NULL, 0), address));
    (void)snprintf(long_body, sizeof long_body, "<EMailAddress>%0*d@b</EMailAddress>", ADDRESS_MAX - 2, 0);
    assert_true(mua_request_address(slice_from(long_body), address));
    (void)snprintf(long_body, sizeof long_body, "<EMailAddress>%0*d@b</EMailAddress>", ADDRESS_MAX - 1, 0);
    assert_false(mua_request_address(slice_from(long_body), address));
    (void)snprintf(long_body, sizeof long_body, "<EMailAddress>a@b</EMailAddress>%0*d", MUA_REQUEST_MAX, 0);
    assert_false(mua_request_address(slice_from(long_body), address));
}

static void test_uuids(void **state)
{
    char first[MUA_UUID_MAX], again[MUA_UUID_MAX], other[MUA_UUID_MAX];
    (void)state;
    mua_profile_uuid("account", "anna@example.com", first);
    mua_profile_uuid("account", "anna@example.com", again);
    mua_profile_uuid("profile", "anna@example.com", other);
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
    assert_int_equal(strlen(first), 36);
    assert_int_equal(first[14], '8');
    assert_non_null(strchr("89ab", first[19]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_addresses), cmocka_unit_test(test_hosts),
                                       cmocka_unit_test(test_requests), cmocka_unit_test(test_uuids)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
