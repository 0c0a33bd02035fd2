// SPDX-License-Identifier: BSD-2-Clause
#include "altcha/altcha_ticket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define KEY "0123456789abcdef0123456789abcdef"
// Python: hmac.new(KEY, b"ticket login 192.0.2.0/24 " + TIMES, "sha256").hexdigest()
#define TIMES "00112233445566778899aabbccddeeff.1020.1600"
#define TICKET TIMES ".8e3d147066197616cdc9b4de9aa31889004064b03c9030534546a484e92330f5"

static const struct altcha_keys keys = {.current = KEY};
static const struct altcha_place place = {.form = "login", .network = "192.0.2.0/24"};
static const unsigned char bytes[ALTCHA_TICKET_RANDOM] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                                          0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};

static enum altcha_rc read_at(long long now, const char *ticket)
{
    struct altcha_use use;
    return altcha_ticket_read(&keys, &place, now, slice_from(ticket), &use);
}

static void test_a_ticket(void **state)
{
    char ticket[ALTCHA_TICKET_MAX];
    struct altcha_use use;
    (void)state;
    assert_true(altcha_ticket_make(&keys, &place, 1000, 1600, bytes, ticket));
    assert_string_equal(ticket, TICKET);
    assert_int_equal(altcha_ticket_read(&keys, &place, 1020, slice_from(ticket), &use), ALTCHA_RIGHT);
    assert_string_equal(use.nonce, "00112233445566778899aabbccddeeff");
    assert_int_equal(use.expires_at, 1600);
}

static void test_times(void **state)
{
    (void)state;
    assert_int_equal(read_at(1000, TICKET), ALTCHA_EARLY);
    assert_int_equal(read_at(1019, TICKET), ALTCHA_EARLY);
    assert_int_equal(read_at(1020, TICKET), ALTCHA_RIGHT);
    assert_int_equal(read_at(1600, TICKET), ALTCHA_RIGHT);
    assert_int_equal(read_at(1601, TICKET), ALTCHA_EXPIRED);
}

static void test_another_place(void **state)
{
    const struct altcha_place others[] = {{"forgot", "192.0.2.0/24"},
                                          {"login", "192.0.3.0/24"},
                                          {"login", ""},
                                          {"login 192.0.2.0/24", ""},
                                          {"", "login 192.0.2.0/24"}};
    struct altcha_use use;
    (void)state;
    for (unsigned i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(altcha_ticket_read(&keys, &others[i], 1020, SLICE(TICKET), &use), ALTCHA_FORGED);
}

static void test_edits(void **state)
{
    char edited[] = TICKET;
    (void)state;
    for (size_t i = 0; i < sizeof edited - 1; i++) {
        edited[i] ^= 1;
        assert_int_not_equal(read_at(1020, edited), ALTCHA_RIGHT);
        edited[i] ^= 1;
    }
    assert_int_equal(read_at(1020, edited), ALTCHA_RIGHT);
    assert_int_equal(read_at(1020, TICKET "0"), ALTCHA_FORGED);
    assert_int_equal(read_at(1020, TICKET "."), ALTCHA_MALFORMED);
    assert_int_equal(read_at(1020, TIMES), ALTCHA_MALFORMED);
    assert_int_equal(read_at(1020, ""), ALTCHA_MALFORMED);
    assert_int_equal(read_at(1020, "..."), ALTCHA_MALFORMED);
    assert_int_equal(read_at(1020, "00112233445566778899aabbccddeeff.99999999999999999999.1600.x"),
                     ALTCHA_MALFORMED);
}

static void test_keys(void **state)
{
    const struct altcha_keys changed = {.current = "fedcba9876543210fedcba9876543210", .previous = KEY};
    const struct altcha_keys other = {.current = "fedcba9876543210fedcba9876543210"}, none = {0};
    char ticket[ALTCHA_TICKET_MAX];
    struct altcha_use use;
    (void)state;
    assert_int_equal(altcha_ticket_read(&changed, &place, 1020, SLICE(TICKET), &use), ALTCHA_RIGHT);
    assert_int_equal(altcha_ticket_read(&other, &place, 1020, SLICE(TICKET), &use), ALTCHA_FORGED);
    assert_int_equal(altcha_ticket_read(&none, &place, 1020, SLICE(TICKET), &use), ALTCHA_FORGED);
    assert_false(altcha_ticket_make(&none, &place, 1000, 1600, bytes, ticket));
}

static void test_the_longest_ticket(void **state)
{
    const struct altcha_place long_place = {
        .form = "abcdefghijklmnopqrstuvwxyz_-0123",
        .network = "0123456789012345678901234567890123456789012345678901234567890123"};
    const struct altcha_place too_long = {.form = "abcdefghijklmnopqrstuvwxyz_-01234", .network = ""};
    char ticket[ALTCHA_TICKET_MAX];
    struct altcha_use use;
    (void)state;
    assert_true(altcha_ticket_make(&keys, &long_place, INT64_MAX - 100, INT64_MAX, bytes, ticket));
    assert_int_equal(altcha_ticket_read(&keys, &long_place, INT64_MAX - 50, slice_from(ticket), &use),
                     ALTCHA_RIGHT);
    assert_false(altcha_ticket_make(&keys, &too_long, 1000, 1600, bytes, ticket));
    assert_int_equal(altcha_ticket_read(&keys, &too_long, 1020, SLICE(TICKET), &use), ALTCHA_FORGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_ticket),      cmocka_unit_test(test_times),
        cmocka_unit_test(test_another_place), cmocka_unit_test(test_edits),
        cmocka_unit_test(test_keys),          cmocka_unit_test(test_the_longest_ticket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
