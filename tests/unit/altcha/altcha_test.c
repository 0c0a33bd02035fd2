// SPDX-License-Identifier: BSD-2-Clause
#include "altcha/altcha.h"

#include "base/hex.h"
#include "case_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/evp.h>

#define KEY "0123456789abcdef0123456789abcdef"
#define OTHER_KEY "fedcba9876543210fedcba9876543210"

enum { EXPIRES = 1796000000, COST = 3 };

static const struct altcha_keys keys = {.current = KEY};
static const unsigned char bytes[ALTCHA_RANDOM_SIZE] = {1, 2, 3};

// FORM COST EXPIRES_AT RANDOM
static void make(struct slice input, char out[CASE_ANSWER_MAX])
{
    char form[64], random[65], line[256];
    unsigned char decoded[ALTCHA_RANDOM_SIZE];
    struct altcha_spec spec = {.form = form};
    assert_true(slice_copy(input, line, sizeof line));
    assert_int_equal(sscanf(line, "%63s %u %lld %64s", form, &spec.cost, &spec.expires_at, random), 4);
    assert_true(hex_read(slice_from(random), decoded, sizeof decoded));
    if (!altcha_make(&keys, &spec, decoded, out))
        snprintf(out, CASE_ANSWER_MAX, "none");
}

static void test_challenges(void **state)
{
    (void)state;
    case_lines_check("altcha/challenge.cases", make);
}

static const char *name_of(enum altcha_rc rc)
{
    static const char *const names[] = {"right", "malformed", "forged", "expired", "early"};
    return names[rc];
}

// The base64 of a text, in memory of its own size.
static struct slice encode(struct slice text)
{
    char *out = malloc(text.len / 3 * 4 + 5);
    assert_non_null(out);
    const int len = EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)text.ptr, (int)text.len);
    return slice_make(out, (size_t)len);
}

// FORM NOW PAYLOAD
static void read_back(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct slice form, now = {0}, payload;
    char name[64];
    unsigned long long time = 0;
    struct altcha_solution solution;
    assert_true(slice_split(input, ' ', &form, &payload) && slice_split(payload, ' ', &now, &payload));
    assert_true(slice_copy(form, name, sizeof name) && slice_number(now, UINT32_MAX * 2ULL, &time));
    struct slice encoded = encode(payload);
    const enum altcha_rc rc = altcha_read(&keys, name, (long long)time, encoded, &solution);
    free((char *)encoded.ptr);
    snprintf(out, CASE_ANSWER_MAX, "%s", name_of(rc));
    if (rc == ALTCHA_RIGHT)
        snprintf(out, CASE_ANSWER_MAX, "right, %s, %s until %lld",
                 altcha_is_solved(&solution) ? "solved" : "not solved", solution.use.nonce,
                 solution.use.expires_at);
}

static void test_payloads(void **state)
{
    (void)state;
    case_lines_check("altcha/payload.cases", read_back);
}

// Reads a payload with the challenge in it and a key that nobody derived.
static enum altcha_rc read_made(const struct altcha_keys *reader, const char *challenge)
{
    char payload[ALTCHA_PAYLOAD_MAX];
    struct altcha_solution solution;
    const int len =
        snprintf(payload, sizeof payload,
                 "{\"challenge\":%s,\"solution\":{\"counter\":1,\"derivedKey\":\"%064d\"}}", challenge, 0);
    struct slice encoded = encode(slice_make(payload, (size_t)len));
    const enum altcha_rc rc = altcha_read(reader, "login", EXPIRES, encoded, &solution);
    free((char *)encoded.ptr);
    return rc;
}

static void test_change_of_keys(void **state)
{
    char challenge[ALTCHA_CHALLENGE_MAX];
    const struct altcha_spec spec = {.form = "login", .cost = COST, .expires_at = EXPIRES};
    const struct altcha_keys changed = {.current = OTHER_KEY, .previous = KEY},
                             other = {.current = OTHER_KEY}, none = {.current = NULL},
                             weak = {.current = "", .previous = "short"};
    (void)state;
    assert_true(altcha_make(&keys, &spec, bytes, challenge));
    assert_int_equal(read_made(&keys, challenge), ALTCHA_RIGHT);
    assert_int_equal(read_made(&changed, challenge), ALTCHA_RIGHT);
    assert_int_equal(read_made(&other, challenge), ALTCHA_FORGED);
    assert_int_equal(read_made(&none, challenge), ALTCHA_FORGED);
    assert_int_equal(read_made(&weak, challenge), ALTCHA_FORGED);
    assert_false(altcha_make(&none, &spec, bytes, challenge));
    assert_false(altcha_make(&weak, &spec, bytes, challenge));
}

static void test_the_longest_challenge(void **state)
{
    char challenge[ALTCHA_CHALLENGE_MAX];
    const struct altcha_spec spec = {
        .form = "abcdefghijklmnopqrstuvwxyz_-0123", .cost = ALTCHA_COST_MAX, .expires_at = INT64_MAX};
    (void)state;
    assert_true(altcha_make(&keys, &spec, bytes, challenge));
    assert_int_equal(challenge[strlen(challenge) - 1], '}');
}

static void test_what_is_no_base64(void **state)
{
    static const char *const payloads[] = {"",       "=",    "====", "e",        "e30",
                                           "e30=\n", "e3=0", "{}{}", "e30=e30=", "\xff\xff\xff\xff"};
    char *long_one = malloc(ALTCHA_PAYLOAD_MAX + 4);
    struct altcha_solution solution;
    (void)state;
    for (unsigned i = 0; i < sizeof payloads / sizeof *payloads; i++)
        assert_int_equal(altcha_read(&keys, "login", EXPIRES, slice_from(payloads[i]), &solution),
                         ALTCHA_MALFORMED);
    assert_non_null(long_one);
    memset(long_one, 'e', ALTCHA_PAYLOAD_MAX + 4);
    for (size_t len = ALTCHA_PAYLOAD_MAX - 4; len <= ALTCHA_PAYLOAD_MAX + 4; len += 4)
        assert_int_equal(altcha_read(&keys, "login", EXPIRES, slice_make(long_one, len), &solution),
                         ALTCHA_MALFORMED);
    free(long_one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_challenges),        cmocka_unit_test(test_payloads),
        cmocka_unit_test(test_change_of_keys),    cmocka_unit_test(test_the_longest_challenge),
        cmocka_unit_test(test_what_is_no_base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
