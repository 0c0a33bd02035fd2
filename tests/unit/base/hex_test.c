// SPDX-License-Identifier: BSD-2-Clause
#include "base/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void bytes_become_digits_and_bytes_again(void **state)
{
    unsigned char bytes[2];
    char text[5];
    (void)state;
    assert_true(hex_read(SLICE("0aff"), bytes, 2));
    assert_int_equal(bytes[0] << 8 | bytes[1], 0x0aff);
    hex_write(bytes, 2, text);
    assert_string_equal(text, "0aff");
    hex_write(bytes, 0, text);
    assert_string_equal(text, "");
}

static void other_digits_and_lengths_are_refused(void **state)
{
    unsigned char bytes[2];
    (void)state;
    assert_false(hex_read(SLICE("0AFF"), bytes, 2));
    assert_false(hex_read(SLICE("0af"), bytes, 2));
    assert_false(hex_read(SLICE("0aff0"), bytes, 2));
    assert_false(hex_read(SLICE("0a\0f"), bytes, 2));
}

static void digits_are_counted(void **state)
{
    (void)state;
    assert_true(hex_is_digits(SLICE("09af"), 4));
    assert_true(hex_is_digits(SLICE(""), 0));
    assert_false(hex_is_digits(SLICE("09af"), 3));
    assert_false(hex_is_digits(SLICE("09af"), 5));
    assert_false(hex_is_digits(SLICE("09aF"), 4));
    assert_false(hex_is_digits(SLICE("09ag"), 4));
    assert_false(hex_is_digits(SLICE("09a\0"), 4));
    assert_false(hex_is_digits(slice_make(NULL, 0), 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(bytes_become_digits_and_bytes_again),
                                       cmocka_unit_test(other_digits_and_lengths_are_refused),
                                       cmocka_unit_test(digits_are_counted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
