// SPDX-License-Identifier: BSD-2-Clause
// Codes of authenticator apps beside RFC 6238, appendix B; encrypted secrets; codes and hashes.
#include "consoleauth/factor/one_time_code.h"
#include "consoleauth/factor/sealed_secret.h"
#include "consoleauth/factor/token_hash.h"
#include "consoleauth/factor/totp_code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const unsigned char rfc_secret[SEALED_SECRET_PLAIN] = "12345678901234567890";

static void test_codes_of_the_rfc(void **state)
{
    static const struct {
        int64_t time;
        const char *code; // the last six digits of the eight
        int64_t counter;
    } vectors[] = {{59, "287082", 1},
                   {1111111109, "081804", 37037036},
                   {1111111111, "050471", 37037037},
                   {1234567890, "005924", 41152263},
                   {2000000000, "279037", 66666666},
                   {20000000000, "353130", 666666666}};
    int64_t counter;
    (void)state;
    for (unsigned i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const int64_t time = vectors[i].time;
        for (int step = -1; step <= 1; step++) {
            assert_true(totp_code_check(rfc_secret, vectors[i].code, time + 30 * step, 0, &counter));
            assert_int_equal(counter, vectors[i].counter);
        }
        assert_false(totp_code_check(rfc_secret, vectors[i].code, time + 60, 0, &counter));
        if (time >= 60)
            assert_false(totp_code_check(rfc_secret, vectors[i].code, time - 60, 0, &counter));
        assert_false(totp_code_check(rfc_secret, vectors[i].code, time, vectors[i].counter, &counter));
        assert_true(totp_code_check(rfc_secret, vectors[i].code, time, vectors[i].counter - 1, &counter));
    }
    assert_false(totp_code_check(rfc_secret, "000000", 59, 0, &counter));
}

static void test_typed_codes(void **state)
{
    char code[7];
    (void)state;
    assert_true(totp_code_read(SLICE(" 123 456 "), code));
    assert_string_equal(code, "123456");
    assert_false(totp_code_read(SLICE("12345"), code));
    assert_false(totp_code_read(SLICE("1234567"), code));
    assert_false(totp_code_read(SLICE("12345a"), code));
    assert_false(totp_code_read(SLICE(""), code));
}

static void test_uri(void **state)
{
    char uri[TOTP_URI_MAX], login[401];
    (void)state;
    assert_true(totp_code_uri(rfc_secret, SLICE("Mail & more"), SLICE("a+b@firm.example"), uri));
    assert_string_equal(
        uri, "otpauth://totp/Mail%20%26%20more:a%2Bb%40firm.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
             "&digits=6&period=30&issuer=Mail%20%26%20more");
    memset(login, '@', sizeof login);
    assert_true(totp_code_uri(rfc_secret, SLICE("x"), slice_make(login, 320), uri));
    assert_false(totp_code_uri(rfc_secret, slice_make(login, 320), slice_make(login, 320), uri));
}

static void test_sealed_secrets(void **state)
{
    unsigned char key[SEALED_SECRET_KEY], other[SEALED_SECRET_KEY], sealed[SEALED_SECRET_BYTES],
        plain[SEALED_SECRET_PLAIN];
    const unsigned char nonce[SEALED_SECRET_NONCE] = "nonce nonce";
    (void)state;
    assert_false(sealed_secret_key(SLICE("0123456789012345678901234567890"), key));
    assert_true(sealed_secret_key(SLICE("01234567890123456789012345678901"), key));
    assert_true(sealed_secret_key(SLICE("01234567890123456789012345678902"), other));
    sealed_secret_close(key, SLICE("alice@firm.example"), nonce, rfc_secret, sealed);
    assert_memory_not_equal(sealed + SEALED_SECRET_NONCE, rfc_secret, SEALED_SECRET_PLAIN);
    assert_true(sealed_secret_open(key, SLICE("alice@firm.example"), sealed, plain));
    assert_memory_equal(plain, rfc_secret, SEALED_SECRET_PLAIN);
    assert_false(sealed_secret_open(key, SLICE("bob@firm.example"), sealed, plain));
    assert_false(sealed_secret_open(other, SLICE("alice@firm.example"), sealed, plain));
    for (unsigned i = 0; i < sizeof sealed; i++) {
        sealed[i] ^= 1;
        assert_false(sealed_secret_open(key, SLICE("alice@firm.example"), sealed, plain));
        sealed[i] ^= 1;
    }
}

static void test_one_time_codes(void **state)
{
    const unsigned char none[ONE_TIME_CODE_BYTES] = {0},
                        all[ONE_TIME_CODE_BYTES] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    const unsigned char some[ONE_TIME_CODE_BYTES] = {0x08, 0x86, 0x42, 0x98, 0xe8,
                                                     0x4a, 0x96, 0xc6, 0xb9, 0xf0};
    char code[ONE_TIME_CODE_MAX], again[ONE_TIME_CODE_MAX];
    (void)state;
    one_time_code_make(none, code);
    assert_string_equal(code, "AAAA-AAAA-AAAA-AAAA");
    one_time_code_make(all, code);
    assert_string_equal(code, "9999-9999-9999-9999");
    one_time_code_make(some, code);
    assert_string_equal(code, "BCDE-FGHJ-KLMN-PQRS");
    assert_true(one_time_code_read(SLICE(" bcdefghj klmn-pqrs "), again));
    assert_string_equal(code, again);
    assert_false(one_time_code_read(SLICE("BCDE-FGHJ-KLMN-PQR"), again));
    assert_false(one_time_code_read(SLICE("BCDE-FGHJ-KLMN-PQRSA"), again));
    assert_false(one_time_code_read(SLICE("BCDE-FGHJ-KLMN-PQR0"), again));
    assert_false(one_time_code_read(SLICE("BCDE-FGHJ-KLMN-PQR\0"), again));
    assert_false(one_time_code_read(SLICE(""), again));
}

static void test_hashes(void **state)
{
    char hash[TOKEN_HEX_MAX];
    (void)state;
    token_hash(SLICE("abc"), hash);
    assert_string_equal(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_codes_of_the_rfc),
                                       cmocka_unit_test(test_typed_codes),
                                       cmocka_unit_test(test_uri),
                                       cmocka_unit_test(test_sealed_secrets),
                                       cmocka_unit_test(test_one_time_codes),
                                       cmocka_unit_test(test_hashes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
