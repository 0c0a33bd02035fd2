// SPDX-License-Identifier: BSD-2-Clause
#include "web/web_location.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void test_check(void **state)
{
    static const char *const right[] = {"/",
                                        "/me",
                                        "/d/a.example/alerts?wrong=code",
                                        "/d/a/mailboxes/u%40a",
                                        "/%2F%2Fevil.example",
                                        "/%0d%0aX:y",
                                        "/.//evil.example"};
    static const char *const wrong[] = {"",
                                        "me",
                                        "//evil.example",
                                        "/\\evil.example",
                                        "/me#x",
                                        "/a\r\nX:y",
                                        "/a\n",
                                        "/a\r",
                                        "/a b",
                                        "/a\tb",
                                        "/a\x7f",
                                        "/caf\xc3\xa9",
                                        "/\xc0\xaf/evil",
                                        "https://evil",
                                        "\\/evil",
                                        "/a\x01",
                                        "/<b>",
                                        "/\"",
                                        " /me"};
    (void)state;
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        assert_true(web_location_check(slice_from(right[i])));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(web_location_check(slice_from(wrong[i])));
    assert_false(web_location_check(slice_make("/a\0b", 4)));
}

static void test_add(void **state)
{
    char out[40];
    (void)state;
    assert_true(web_location_add(SLICE("/me"), "saved", SLICE("4711"), out, sizeof out));
    assert_string_equal(out, "/me?saved=4711");
    assert_true(web_location_add(SLICE("/d/a?wrong=code"), "saved", SLICE("4711"), out, sizeof out));
    assert_string_equal(out, "/d/a?wrong=code&saved=4711");
    assert_true(web_location_add(SLICE("/login"), "next", SLICE("/d/a/b+c%20&\r\n"), out, sizeof out));
    assert_string_equal(out, "/login?next=/d/a/b%2Bc%2520%26%0D%0A");
    assert_true(
        web_location_add(SLICE("/"), "n", SLICE("12345678901234567890123456789012345"), out, sizeof out));
    assert_false(
        web_location_add(SLICE("/"), "n", SLICE("123456789012345678901234567890123456"), out, sizeof out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_check), cmocka_unit_test(test_add)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
