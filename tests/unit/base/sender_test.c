// SPDX-License-Identifier: BSD-2-Clause
#include "base/sender.h"
#include "case_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

// As policyd does: an address is folded first.
static void normalise(struct slice input, char out[ADDRESS_MAX + 1])
{
    char folded[ADDRESS_MAX + 1];
    sender_normalise(address_fold(input, folded) == ADDRESS_OK ? slice_from(folded) : input, out);
}

static void answer(struct slice input, char out[CASE_ANSWER_MAX])
{
    normalise(input, out);
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("base/sender.cases", answer);
}

// Fills `text` with `count` times `byte` and "@example.com".
static struct slice long_sender(char *text, size_t count, int byte)
{
    static const struct slice domain = {"@example.com", 12};
    memset(text, byte, count);
    memcpy(text + count, domain.ptr, domain.len);
    return slice_make(text, count + domain.len);
}

static void test_long_local_part_keeps_the_domain(void **state)
{
    static const char domain[] = "@example.com";
    static const int bytes[] = {'a', 0xe4};
    (void)state;
    char text[4096], key[ADDRESS_MAX + 1];
    for (size_t i = 0; i < 2; i++) {
        for (size_t count = 90; count < 3000; count += 97) {
            normalise(long_sender(text, count, bytes[i]), key);
            assert_in_range(strlen(key), 90, ADDRESS_MAX);
            assert_string_equal(key + strlen(key) - strlen(domain), domain);
        }
    }
}

static void test_long_list_address_is_still_a_list(void **state)
{
    (void)state;
    char text[1024], user[121] = "", key[ADDRESS_MAX + 1];
    memset(user, 'x', sizeof user - 1);
    snprintf(text, sizeof text, "users-return-4711-%s=example.com@list.example.org", user);
    normalise(slice_from(text), key);
    assert_string_equal(key, "users-return-#@list.example.org");
}

static void test_overlong_domain_is_cut(void **state)
{
    (void)state;
    char text[2048], key[ADDRESS_MAX + 1];
    memset(text, 'a', sizeof text);
    text[4] = '@';
    normalise(slice_make(text, sizeof text), key);
    assert_int_equal(strlen(key), ADDRESS_MAX);
    assert_memory_equal(key, "aaaa@aaaa", 9);
}

// Any byte, or one that means something in a sender.
static char random_byte(void)
{
    static const char telling[] = "prvs=@-+=.#09aF\"\\SRS0_";
    if (rand() % 4 == 0)
        return (char)(rand() & 0xff);
    return telling[(size_t)rand() % (sizeof telling - 1)];
}

// Whatever is in an envelope, PostgreSQL accepts the key as text.
static void test_any_bytes_give_printable_text(void **state)
{
    (void)state;
    char text[512], key[ADDRESS_MAX + 1];
    srand(1);
    for (int round = 0; round < 20000; round++) {
        size_t len = (size_t)rand() % sizeof text;
        for (size_t i = 0; i < len; i++)
            text[i] = random_byte();
        normalise(slice_make(text, len), key);
        assert_in_range(strlen(key), 1, ADDRESS_MAX);
        for (const char *c = key; *c; c++)
            assert_true(*c >= ' ' && *c <= '~' && !(*c >= 'A' && *c <= 'Z'));
    }
}

static void check_untagged(const char *sender, const char *expected)
{
    char got[ADDRESS_MAX + 1];
    assert_int_equal(sender_untagged(slice_from(sender), got), expected != NULL);
    assert_string_equal(got, expected ? expected : "");
}

static void test_untagged(void **state)
{
    (void)state;
    check_untagged("jane+news@example.com", "jane@example.com");
    check_untagged("prvs=0123456789=jane7@example.com", "jane7@example.com");
    check_untagged("btv1==068a4973b3a==jane+x@example.com", "jane@example.com");
    check_untagged("jane@example.com", NULL);
    check_untagged("\"jane+x\"@example.com", NULL);
    check_untagged("srs0=abc=ab=example.com=jane@forwarder.example", NULL);
    check_untagged("jane", NULL);
    check_untagged("@example.com", NULL);
    check_untagged("", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_long_local_part_keeps_the_domain),
        cmocka_unit_test(test_long_list_address_is_still_a_list),
        cmocka_unit_test(test_overlong_domain_is_cut),
        cmocka_unit_test(test_any_bytes_give_printable_text),
        cmocka_unit_test(test_untagged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
