// SPDX-License-Identifier: BSD-2-Clause
#include "web/web_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECRET "0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210"

static const unsigned char zeros[WEB_KEY_SIZE], mask[WEB_KEY_SIZE] = {1, 2, 3, 255, [31] = 0x80};

static void test_a_key(void **state)
{
    char key[WEB_KEY_TEXT_MAX], masked[WEB_KEY_TEXT_MAX];
    (void)state;
    web_key_make(SECRET, SLICE("s1"), zeros, key);
    web_key_make(SECRET, SLICE("s1"), mask, masked);
    // Python: hmac(hmac(SECRET, b"emailgency form key"), b"s1"), sha256.
    assert_string_equal(key + 64, "bc1a348d636f414303d1f2cd334460f4205f51cf15169994bddbb84dce8313fc");
    assert_string_not_equal(key + 64, masked + 64);
    assert_true(web_key_check(SECRET, SLICE("s1"), slice_from(key)));
    assert_true(web_key_check(SECRET, SLICE("s1"), slice_from(masked)));
    assert_false(web_key_check(SECRET, SLICE("s2"), slice_from(key)));
    assert_false(web_key_check(SECRET, SLICE(""), slice_from(key)));
    assert_false(web_key_check(OTHER, SLICE("s1"), slice_from(key)));
}

static void test_other_texts(void **state)
{
    char key[WEB_KEY_TEXT_MAX];
    (void)state;
    web_key_make(SECRET, SLICE("s1"), mask, key);
    assert_false(web_key_check(SECRET, SLICE("s1"), slice_make(NULL, 0)));
    assert_false(web_key_check(SECRET, SLICE("s1"), slice_make(key, sizeof key - 2)));
    for (size_t i = 0; i < sizeof key - 1; i++) {
        const char digit = key[i];
        key[i] = digit == '0' ? '1' : '0';
        assert_false(web_key_check(SECRET, SLICE("s1"), slice_from(key)));
        key[i] = 'x';
        assert_false(web_key_check(SECRET, SLICE("s1"), slice_from(key)));
        key[i] = digit;
    }
    assert_true(web_key_check(SECRET, SLICE("s1"), slice_from(key)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_key), cmocka_unit_test(test_other_texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
