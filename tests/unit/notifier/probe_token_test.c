// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/token/probe_token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define NOW 1795944614

static const struct probe_token_keys keys = {.current = "0123456789abcdef0123456789abcdef", .previous = ""};
static const struct probe_token_keys rotated = {.current = "fedcba9876543210fedcba9876543210",
                                                .previous = "0123456789abcdef0123456789abcdef"};
static const struct probe_token_keys forgotten = {.current = "fedcba9876543210fedcba9876543210",
                                                  .previous = ""};
static const struct probe_token probe = {
    .place = PROBE_TOKEN_MESSAGE, .domain = 7, .sequence = 4294967295U, .sent = NOW};

static char text[PROBE_TOKEN_LEN + 1];
static struct probe_token found;

static void make(const struct probe_token_keys *with, const struct probe_token *token)
{
    assert_true(probe_token_write(with, token, text));
    assert_int_equal(strlen(text), PROBE_TOKEN_LEN);
}

static enum probe_token_rc read_at(const struct probe_token_keys *with, int64_t now)
{
    found = (struct probe_token){.domain = 99};
    return probe_token_read(with, slice_from(text), now, &found);
}

// The value is that of an HMAC computed elsewhere: Python's hmac and base64.
static void test_it_comes_back_as_it_was(void **state)
{
    (void)state;
    make(&keys, &probe);
    assert_string_equal(text, "cmaaaaah7777773lbpykmntlxmtamlptwdnxo5zohouzhqa");
    assert_int_equal(read_at(&keys, NOW + 5), PROBE_TOKEN_VALID);
    assert_int_equal(found.place, PROBE_TOKEN_MESSAGE);
    assert_int_equal(found.domain, 7);
    assert_int_equal(found.sequence, 4294967295U);
    assert_int_equal(found.sent, NOW);
    for (char *at = text; *at; at++)
        *at = (char)(*at >= 'a' ? *at - 32 : *at);
    assert_int_equal(read_at(&keys, NOW), PROBE_TOKEN_VALID);
}

static void test_forged(void **state)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    (void)state;
    make(&keys, &probe);
    for (size_t at = 0; at < PROBE_TOKEN_LEN; at++)
        for (const char *digit = digits; *digit; digit++) {
            const char before = text[at];
            if (*digit == before)
                continue;
            text[at] = *digit;
            const enum probe_token_rc rc = read_at(&keys, NOW);
            assert_true(rc == PROBE_TOKEN_FORGED || rc == PROBE_TOKEN_NONE);
            assert_int_equal(found.domain, 99);
            text[at] = before;
        }
    make(&(struct probe_token_keys){.current = "", .previous = ""}, &probe);
    assert_int_equal(read_at(&keys, NOW), PROBE_TOKEN_FORGED);
}

static void test_other_places_have_other_tokens(void **state)
{
    struct probe_token other = probe;
    char first[PROBE_TOKEN_LEN + 1];
    (void)state;
    make(&keys, &probe);
    memcpy(first, text, sizeof first);
    other.place = PROBE_TOKEN_SENDER;
    make(&keys, &other);
    assert_string_not_equal(first, text);
    assert_int_equal(read_at(&keys, NOW), PROBE_TOKEN_VALID);
    assert_int_equal(found.place, PROBE_TOKEN_SENDER);
}

static void test_truncated(void **state)
{
    (void)state;
    make(&keys, &probe);
    for (size_t len = 0; len < PROBE_TOKEN_LEN; len++) {
        assert_int_equal(probe_token_read(&keys, slice_make(text, len), NOW, &found), PROBE_TOKEN_NONE);
        assert_int_equal(probe_token_read(&keys, slice_make(text + 1, len), NOW, &found), PROBE_TOKEN_NONE);
    }
    text[46] = '1';
    assert_int_equal(read_at(&keys, NOW), PROBE_TOKEN_NONE);
}

static void test_expired(void **state)
{
    (void)state;
    make(&keys, &probe);
    assert_int_equal(read_at(&keys, NOW + PROBE_TOKEN_AGE_MAX), PROBE_TOKEN_VALID);
    assert_int_equal(read_at(&keys, NOW + PROBE_TOKEN_AGE_MAX + 1), PROBE_TOKEN_EXPIRED);
    assert_int_equal(read_at(&keys, NOW - PROBE_TOKEN_AHEAD_MAX), PROBE_TOKEN_VALID);
    assert_int_equal(read_at(&keys, NOW - PROBE_TOKEN_AHEAD_MAX - 1), PROBE_TOKEN_EXPIRED);
}

static void test_a_rotated_key(void **state)
{
    (void)state;
    make(&keys, &probe);
    assert_int_equal(read_at(&rotated, NOW), PROBE_TOKEN_VALID);
    assert_int_equal(read_at(&forgotten, NOW), PROBE_TOKEN_FORGED);
    make(&rotated, &probe);
    assert_int_equal(read_at(&keys, NOW), PROBE_TOKEN_FORGED);
    assert_int_equal(read_at(&forgotten, NOW), PROBE_TOKEN_VALID);
}

static void find(const char *format, bool there)
{
    char around[200];
    snprintf(around, sizeof around, format, text);
    const struct slice at = probe_token_find(slice_from(around));
    assert_int_equal(at.len, there ? PROBE_TOKEN_LEN : 0);
    if (there)
        assert_memory_equal(at.ptr, text, PROBE_TOKEN_LEN);
}

static void test_it_is_found(void **state)
{
    (void)state;
    make(&keys, &probe);
    find("%s", true);
    find(" <%s@probe.example>", true);
    find("rt+%s@probe.example", true);
    find("SRS0=HHH=TT=probe.example=rt+%s@forwarder.example", true);
    find("a%s", false);
    find("%s7", false);
    find("%.46s", false);
    find("", false);
    find("\xff%s\xff", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_comes_back_as_it_was),
        cmocka_unit_test(test_forged),
        cmocka_unit_test(test_other_places_have_other_tokens),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_expired),
        cmocka_unit_test(test_a_rotated_key),
        cmocka_unit_test(test_it_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
