// SPDX-License-Identifier: BSD-2-Clause
#include "password/password_hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const unsigned char salt[PASSWORD_HASH_SALT] = "0123456789abcde";

static void test_scheme_and_cost(void **state)
{
    (void)state;
    char hash[PASSWORD_HASH_MAX], other[PASSWORD_HASH_MAX];
    assert_true(password_hash_make(SLICE("Correct horse 4 battery"), salt, hash));
    assert_memory_equal(hash, "{CRYPT}$y$j8T$", strlen("{CRYPT}$y$j8T$"));
    assert_true(password_hash_verify(hash, SLICE("Correct horse 4 battery")));
    assert_false(password_hash_verify(hash, SLICE("Correct horse 4 batter")));
    assert_true(password_hash_make(SLICE("Correct horse 4 battery"),
                                   (const unsigned char[PASSWORD_HASH_SALT]){1}, other));
    assert_string_not_equal(hash, other);
}

static void test_refused(void **state)
{
    (void)state;
    char hash[PASSWORD_HASH_MAX], text[73];
    memset(text, 'x', sizeof text);
    assert_false(password_hash_make(SLICE("nul\0inside"), salt, hash));
    assert_string_equal(hash, "");
    assert_false(password_hash_make(slice_make(text, sizeof text), salt, hash));
    assert_true(password_hash_make(slice_make(text, sizeof text - 1), salt, hash));
    assert_false(password_hash_verify("{CRYPT}", SLICE("x")));
    assert_false(password_hash_verify("plain", SLICE("plain")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scheme_and_cost),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
