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
        struct mail_address read;
        assert_int_equal(address_read(slice_make(text, len), &read), ADDRESS_OK);
        assert_slice(address_text(&read), once);
        assert_true(slice_equal(address_local(&read), address.local));
        assert_true(slice_equal(address_domain(&read), address.domain));
    }
    assert_true(folded > 1000);
}

static void assert_address(const struct mail_address *address, const char *text, const char *local,
                           const char *domain)
{
    assert_string_equal(address->text, text);
    assert_slice(address_text(address), text);
    assert_slice(address_local(address), local);
    assert_slice(address_domain(address), domain);
}

static void test_read(void **state)
{
    (void)state;
    struct mail_address address;
    assert_int_equal(address_read(SLICE("A@b@Example.COM."), &address), ADDRESS_OK);
    assert_address(&address, "\"a@b\"@example.com", "\"a@b\"", "example.com");
    assert_int_equal(address_read(SLICE(""), &address), ADDRESS_EMPTY);
    assert_address(&address, "", "", "");
    assert_int_equal(address_read(SLICE("user"), &address), ADDRESS_BAD);
    assert_address(&address, "", "", "");
}

static void test_read_text(void **state)
{
    (void)state;
    char text[ADDRESS_MAX + 2];
    struct mail_address address;
    assert_true(address_read_text(SLICE("Login"), &address));
    assert_address(&address, "login", "login", "");
    assert_true(address_read_text(SLICE("A@b@C D"), &address));
    assert_address(&address, "a@b@c d", "a@b", "c d");
    assert_true(address_read_text(slice_from(NULL), &address));
    assert_address(&address, "", "", "");
    memset(text, '@', sizeof text);
    assert_true(address_read_text(slice_make(text, ADDRESS_MAX), &address));
    assert_int_equal(address_local(&address).len, ADDRESS_MAX - 1);
    assert_int_equal(address_domain(&address).len, 0);
    assert_false(address_read_text(slice_make(text, ADDRESS_MAX + 1), &address));
    assert_address(&address, "", "", "");
}

static void test_join(void **state)
{
    (void)state;
    char text[ADDRESS_MAX];
    struct mail_address address;
    assert_true(address_join(SLICE("user"), SLICE("alias.example"), &address));
    assert_address(&address, "user@alias.example", "user", "alias.example");
    assert_true(address_join(address_local(&address), SLICE("b.example"), &address));
    assert_address(&address, "user@b.example", "user", "b.example");
    assert_true(address_join(SLICE("somebody"), address_domain(&address), &address));
    assert_address(&address, "somebody@b.example", "somebody", "b.example");
    assert_false(address_join(SLICE("user"), slice_from(NULL), &address));
    assert_address(&address, "", "", "");
    memset(text, 'a', sizeof text);
    assert_true(address_join(slice_make(text, ADDRESS_MAX - 2), SLICE("b"), &address));
    assert_int_equal(strlen(address.text), ADDRESS_MAX);
    assert_false(address_join(slice_make(text, ADDRESS_MAX - 1), SLICE("b"), &address));
    assert_address(&address, "", "", "");
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
        cmocka_unit_test(test_read),          cmocka_unit_test(test_read_text),
        cmocka_unit_test(test_join),          cmocka_unit_test(test_extension),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
