// SPDX-License-Identifier: BSD-2-Clause
#include "base/slice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define assert_slice(got, text) assert_true(slice_equal((got), SLICE(text)))

static const struct slice nothing = {NULL, 0};

static void test_equal(void **state)
{
    (void)state;
    assert_true(slice_equal(SLICE("a\0b"), SLICE("a\0b")));
    assert_false(slice_equal(SLICE("a\0b"), SLICE("a\0c")));
    assert_false(slice_equal(SLICE("a"), SLICE("ab")));
    assert_true(slice_equal(nothing, SLICE("")));
    assert_true(slice_equal(slice_from(NULL), nothing));
    assert_true(slice_equal_nocase(SLICE("Example.COM"), SLICE("eXAMPLE.com")));
    assert_true(slice_equal_nocase(nothing, SLICE("")));
}

// Only ASCII letters fold: "@" and "`", "[" and "{" differ by the same bit as "A" and "a".
static void test_nocase_is_ascii(void **state)
{
    (void)state;
    for (int a = 0; a < 256; a++)
        for (int b = 0; b < 256; b++) {
            char x = (char)a, y = (char)b;
            bool letters = (a | 32) >= 'a' && (a | 32) <= 'z' && (a | 32) == (b | 32);
            assert_int_equal(slice_equal_nocase(slice_make(&x, 1), slice_make(&y, 1)), a == b || letters);
        }
}

static void test_compare(void **state)
{
    (void)state;
    assert_true(slice_compare(SLICE("a"), SLICE("ab")) < 0);
    assert_true(slice_compare(SLICE("b"), SLICE("ab")) > 0);
    assert_true(slice_compare(SLICE("a"), SLICE("\xc3")) < 0); // bytes are unsigned
    assert_int_equal(slice_compare(SLICE("a\0b"), SLICE("a\0b")), 0);
    assert_int_equal(slice_compare(nothing, SLICE("")), 0);
    assert_true(slice_compare(nothing, SLICE("a")) < 0);
}

static void test_prefix(void **state)
{
    (void)state;
    assert_true(slice_has_prefix(SLICE("host:mx"), SLICE("host:")));
    assert_true(slice_has_prefix(SLICE("host:"), SLICE("host:")));
    assert_true(slice_has_prefix(nothing, nothing));
    assert_false(slice_has_prefix(SLICE("Host:mx"), SLICE("host:")));
    assert_false(slice_has_prefix(SLICE("host"), SLICE("host:")));
    assert_true(slice_has_prefix_nocase(SLICE("PRVS=x"), SLICE("prvs=")));
    assert_false(slice_has_prefix_nocase(SLICE("prv"), SLICE("prvs=")));
}

static void test_suffix(void **state)
{
    (void)state;
    assert_true(slice_has_suffix_nocase(SLICE("mx.Example.com"), SLICE(".example.COM")));
    assert_true(slice_has_suffix_nocase(SLICE("a"), SLICE("")));
    assert_false(slice_has_suffix_nocase(SLICE("com"), SLICE("example.com")));
}

static void test_skip(void **state)
{
    (void)state;
    assert_slice(slice_skip(SLICE("abc"), 1), "bc");
    struct slice end = slice_skip(SLICE("abc"), 9);
    assert_int_equal(end.len, 0);
    assert_memory_equal(end.ptr - 3, "abc", 3);
    assert_null(slice_skip(nothing, 1).ptr);
}

static void test_split(void **state)
{
    (void)state;
    struct slice head, tail;
    assert_true(slice_split(SLICE("a=b=c"), '=', &head, &tail));
    assert_slice(head, "a");
    assert_slice(tail, "b=c");
    assert_true(slice_split_last(SLICE("a=b=c"), '=', &head, &tail));
    assert_slice(head, "a=b");
    assert_slice(tail, "c");
    assert_true(slice_split(SLICE("="), '=', &head, &tail));
    assert_int_equal(head.len + tail.len, 0);
    assert_false(slice_split(SLICE("abc"), '=', &head, &tail));
    assert_slice(head, "abc");
    assert_int_equal(tail.len, 0);
    assert_false(slice_split_last(nothing, '=', &head, &tail));
    assert_int_equal(head.len, 0);
}

static void test_split_in_place(void **state)
{
    (void)state;
    struct slice rest = SLICE("a.b.c"), label;
    int labels = 1;
    while (slice_split(rest, '.', &label, &rest))
        labels++;
    assert_int_equal(labels, 3);
    rest = SLICE("a.b");
    assert_true(slice_split(rest, '.', &rest, &label));
    assert_slice(rest, "a");
    assert_slice(label, "b");
}

static void test_trim(void **state)
{
    (void)state;
    assert_slice(slice_trim(SLICE(" \ta b\t ")), "a b");
    assert_slice(slice_trim(SLICE("\na\r")), "\na\r");
    assert_int_equal(slice_trim(SLICE(" \t ")).len, 0);
    assert_int_equal(slice_trim(nothing).len, 0);
}

static void test_number(void **state)
{
    (void)state;
    unsigned long long number = 7;
    assert_true(slice_number(SLICE("0"), 0, &number));
    assert_int_equal(number, 0);
    assert_true(slice_number(SLICE("18446744073709551615"), UINT64_MAX, &number));
    assert_true(number == UINT64_MAX);
    assert_true(slice_number(SLICE("0065535"), 65535, &number));
    assert_int_equal(number, 65535);
    static const char *const bad[] = {
        "", "65536", "-1", "+1", " 1", "1 ", "0x1", "1.0", "18446744073709551616"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(slice_number(slice_from(bad[i]), 65535, &number));
    assert_false(slice_number(SLICE("18446744073709551616"), UINT64_MAX, &number));
    assert_false(slice_number(SLICE("99999999999999999999999"), UINT64_MAX, &number));
    assert_int_equal(number, 65535); // a failure leaves it
}

static void test_copy(void **state)
{
    (void)state;
    char out[4] = "zzz";
    assert_true(slice_copy(SLICE("aBc"), out, sizeof out));
    assert_string_equal(out, "aBc");
    assert_false(slice_copy(SLICE("abcd"), out, sizeof out));
    assert_string_equal(out, "");
    assert_true(slice_copy_lower(SLICE("A[\xc9"), out, sizeof out));
    assert_string_equal(out, "a[\xc9");
    assert_false(slice_copy_lower(SLICE("ABCD"), out, sizeof out));
    assert_string_equal(out, "");
    assert_true(slice_copy(nothing, out, sizeof out));
    assert_string_equal(out, "");
    assert_false(slice_copy(nothing, out, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal),   cmocka_unit_test(test_nocase_is_ascii),
        cmocka_unit_test(test_compare), cmocka_unit_test(test_prefix),
        cmocka_unit_test(test_suffix),  cmocka_unit_test(test_skip),
        cmocka_unit_test(test_split),   cmocka_unit_test(test_split_in_place),
        cmocka_unit_test(test_trim),    cmocka_unit_test(test_number),
        cmocka_unit_test(test_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
