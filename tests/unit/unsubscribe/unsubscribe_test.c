// SPDX-License-Identifier: BSD-2-Clause
#include "unsubscribe/unsubscribe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define KEY "0123456789abcdef0123456789abcdef"
// Python: hmac.new(KEY, b"unsubscribe-report\0example.com\0ann@example.org\0", "sha256"), base64url.
#define SIGNATURE "zEZwosnoEPSbTwV4pAMkQUxn1DAOb7cDNckeRnRUA7o"

static void test_signatures(void **state)
{
    char signature[UNSUBSCRIBE_SIGNATURE_MAX];
    (void)state;
    unsubscribe_sign(KEY, "example.com", "ann@example.org", signature);
    assert_string_equal(signature, SIGNATURE);
    assert_true(unsubscribe_verify(KEY, "example.com", "ann@example.org", SIGNATURE));
    assert_false(unsubscribe_verify(KEY, "example.com", "bob@example.org", SIGNATURE));
    assert_false(unsubscribe_verify(KEY, "example.comann@example.org", "", SIGNATURE));
    assert_false(
        unsubscribe_verify("another key of thirty-two letters", "example.com", "ann@example.org", SIGNATURE));
    assert_false(unsubscribe_verify(KEY, "example.com", "ann@example.org", ""));
    assert_false(unsubscribe_verify(KEY, "example.com", "ann@example.org", SIGNATURE "A"));
}

// A key that is missing signs nothing that is taken.
static void test_a_short_key(void **state)
{
    char signature[UNSUBSCRIBE_SIGNATURE_MAX];
    (void)state;
    unsubscribe_sign("", "example.com", "ann@example.org", signature);
    assert_false(unsubscribe_verify("", "example.com", "ann@example.org", signature));
}

static void test_names_that_are_too_long(void **state)
{
    char signature[UNSUBSCRIBE_SIGNATURE_MAX], name[1001];
    (void)state;
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    unsubscribe_sign(KEY, name, "", signature);
    assert_false(unsubscribe_verify(KEY, name, "", signature));
}

static void test_urls(void **state)
{
    char url[UNSUBSCRIBE_URL_MAX], name[701];
    (void)state;
    assert_true(unsubscribe_url("https://console.example/u", KEY, "example.com", "ann@example.org", url));
    assert_string_equal(
        url, "https://console.example/u?domain=example.com&address=ann%40example.org&signature=" SIGNATURE);
    assert_true(
        unsubscribe_url("https://console.example/u", KEY, "example.com", "a&b=%\xc3\xa9@example.org", url));
    assert_non_null(strstr(url, "&address=a%26b%3D%25%C3%A9%40example.org&signature="));
    memset(name, '%', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_false(unsubscribe_url("https://console.example/u", KEY, name, "ann@example.org", url));
}

static void test_bases(void **state)
{
    struct problem problem;
    (void)state;
    assert_true(unsubscribe_check_base("", &problem));
    assert_true(unsubscribe_check_base("https://console.example/unsubscribe", &problem));
    assert_false(unsubscribe_check_base("http://console.example/unsubscribe", &problem));
    assert_false(unsubscribe_check_base("https://", &problem));
    assert_false(unsubscribe_check_base("https://console.example/?a=b", &problem));
    assert_false(unsubscribe_check_base("https://console.example/> <x", &problem));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signatures),
        cmocka_unit_test(test_a_short_key),
        cmocka_unit_test(test_names_that_are_too_long),
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_bases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
