// SPDX-License-Identifier: BSD-2-Clause
#include "base/address.h"
#include "case_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define assert_slice(got, text) assert_true(slice_equal((got), slice_from(text)))

static void fold(struct slice input, char out[CASE_ANSWER_MAX])
{
    static const char *const verdicts[] = {[ADDRESS_EMPTY] = "empty", [ADDRESS_BAD] = "bad"};
    char key[ADDRESS_MAX + 1];
    enum address_rc rc = address_fold(input, key);
    if (rc != ADDRESS_OK)
        assert_string_equal(key, "");
    snprintf(out, CASE_ANSWER_MAX, "%s", rc == ADDRESS_OK ? key : verdicts[rc]);
}

static void test_fold(void **state)
{
    (void)state;
    case_lines_check("base/address.cases", fold);
}

static void domain(struct slice input, char out[CASE_ANSWER_MAX])
{
    snprintf(out, CASE_ANSWER_MAX, "%s", address_domain_valid(input) ? "valid" : "bad");
}

static void test_domain(void **state)
{
    (void)state;
    case_lines_check("base/domain.cases", domain);
}

static void test_parse(void **state)
{
    (void)state;
    struct address address;
    struct slice in = SLICE("\"A@b\"@Example.COM.");
    assert_int_equal(address_parse(in, &address), ADDRESS_OK);
    assert_slice(address.local, "\"A@b\"");
    assert_slice(address.domain, "Example.COM");
    assert_ptr_equal(address.local.ptr, in.ptr);
    assert_ptr_equal(address.domain.ptr, in.ptr + 6);
    assert_int_equal(address_parse(slice_from(NULL), &address), ADDRESS_EMPTY);
}

// `count` times "a", then "@", then a domain of `domain_len` bytes.
static enum address_rc fold_long(size_t count, size_t domain_len, char out[ADDRESS_MAX + 1])
{
    char text[1024];
    memset(text, 'a', sizeof text);
    text[count] = '@';
    for (size_t i = 50; i < domain_len; i += 51)
        text[count + 1 + i] = '.';
    return address_fold(slice_make(text, count + 1 + domain_len), out);
}

static void test_length(void **state)
{
    (void)state;
    char out[ADDRESS_MAX + 1];
    assert_int_equal(fold_long(64, 253, out), ADDRESS_OK);
    assert_int_equal(strlen(out), 318);
    assert_int_equal(fold_long(66, 253, out), ADDRESS_OK);
    assert_int_equal(fold_long(67, 253, out), ADDRESS_BAD);
    assert_int_equal(fold_long(64, 254, out), ADDRESS_BAD);
    assert_int_equal(fold_long(300, 19, out), ADDRESS_OK); // VERP and SRS exceed 64
    assert_int_equal(fold_long(301, 19, out), ADDRESS_BAD);
}

// The quotes that an internal form needs count too.
static void test_length_quoted(void **state)
{
    (void)state;
    char out[ADDRESS_MAX + 1], text[ADDRESS_MAX + 1];
    for (size_t local = 1; local <= ADDRESS_MAX - 2; local++) {
        memset(text, '"', local);
        text[0] = ' ';
        text[local] = '@';
        text[local + 1] = 'a';
        size_t quoted = 2 * local - 1 + 2; // the first byte needs no backslash
        assert_int_equal(address_fold(slice_make(text, local + 2), out),
                         quoted + 2 <= ADDRESS_MAX ? ADDRESS_OK : ADDRESS_BAD);
    }
}

// Folding twice changes nothing, a key has no upper case, and the parse of a key is its two halves.
static void test_fold_is_idempotent(void **state)
{
    (void)state;
    static const char alphabet[] = "aZ09.+-_=@@\"\"\\\\ ,[]:\xc3\xa4";
    char text[24], once[ADDRESS_MAX + 1], twice[ADDRESS_MAX + 1];
    int folded = 0;
    srandom(1);
    for (int round = 0; round < 300000; round++) {
        size_t len = (size_t)random() % sizeof text;
        for (size_t i = 0; i < len; i++)
            text[i] = alphabet[(size_t)random() % (sizeof alphabet - 1)];
        if (address_fold(slice_make(text, len), once) != ADDRESS_OK)
            continue;
        folded++;
        assert_int_equal(address_fold(slice_from(once), twice), ADDRESS_OK);
        assert_string_equal(once, twice);
        assert_null(strchr(once, 'Z'));
        struct address address;
        assert_int_equal(address_parse(slice_from(once), &address), ADDRESS_OK);
        assert_int_equal(address.local.len + 1 + address.domain.len, strlen(once));
    }
    assert_true(folded > 1000);
}

static void test_extension(void **state)
{
    (void)state;
    static const struct {
        const char *local, *base, *extension; // no extension: NULL
    } cases[] = {
        {"user+tag", "user", "tag"},
        {"user+a+b", "user", "a+b"},
        {"user+", "user", ""},
        {"+user", "+user", NULL},
        {"++x", "+", "x"},
        {"user", "user", NULL},
        {"", "", NULL},
        {"+", "+", NULL},
        {"\"a+b\"", "\"a+b\"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice base, extension;
        bool found = address_extension(slice_from(cases[i].local), '+', &base, &extension);
        assert_int_equal(found, cases[i].extension != NULL);
        assert_slice(base, cases[i].base);
        assert_slice(extension, cases[i].extension);
    }
    struct slice base, extension;
    assert_true(address_extension(SLICE("list-owner+x"), '-', &base, &extension));
    assert_slice(extension, "owner+x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fold),          cmocka_unit_test(test_domain),
        cmocka_unit_test(test_parse),         cmocka_unit_test(test_length),
        cmocka_unit_test(test_length_quoted), cmocka_unit_test(test_fold_is_idempotent),
        cmocka_unit_test(test_extension),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
