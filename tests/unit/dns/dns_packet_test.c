// SPDX-License-Identifier: BSD-2-Clause
#include "dns/dns_packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static char scratch[DNS_PACKET_SCRATCH_MAX];

// The parts of a message; each string holds its closing NUL byte only where PART counts it.
#define PART(literal) (literal), sizeof(literal) - 1
#define HEADER(flags, answers, authority) "\x12\x34" flags "\0\1\0" answers "\0" authority "\0\0"
#define QUESTION_A "\1a\7example\0\0\1\0\1" // the name is at byte 12

static enum dns_rc parse(const char *bytes, size_t len, enum dns_type type, struct dns_answer *out)
{
    struct dns_question question = {(uint16_t)type, "a.example"};
    // On the heap at its exact size, so that a sanitizer sees one byte too many.
    char *copy = malloc(len ? len : 1);
    memcpy(copy, bytes, len);
    dns_packet_parse(slice_make(copy, len), &question, scratch, out);
    free(copy);
    return out->rc;
}

static enum dns_rc parse_a(const char *bytes, size_t len)
{
    struct dns_answer answer;
    return parse(bytes, len, DNS_TYPE_A, &answer);
}

static const char whole[] = HEADER("\x81\x80", "\2", "\0") QUESTION_A
    "\xc0\x0c\0\5\0\1\0\0\0\x3c\0\4\1b\xc0\x0e"    // a.example CNAME b.example
    "\1B\xc0\x0e\0\1\0\1\0\0\0\x0a\0\4\x7f\0\0\2"; // b.example A

static void test_alias_and_address(void **state)
{
    (void)state;
    struct dns_answer answer;
    assert_int_equal(parse(PART(whole), DNS_TYPE_A, &answer), DNS_FOUND);
    assert_int_equal(answer.count, 1);
    assert_int_equal(answer.ttl, 10);
    assert_memory_equal(answer.data[0].ptr, "\x7f\0\0\2", 4);
}

static void test_message_cut_anywhere_fails(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof whole - 1; len++)
        assert_int_equal(parse_a(whole, len), DNS_FAILED);
}

static void test_any_changed_byte_is_survived(void **state)
{
    (void)state;
    char changed[sizeof whole - 1];
    for (size_t at = 0; at < sizeof changed; at++) {
        for (unsigned value = 0; value < 256; value++) {
            memcpy(changed, whole, sizeof changed);
            changed[at] = (char)value;
            (void)parse_a(changed, sizeof changed);
        }
    }
}

static void test_pointer_to_itself_or_ahead_fails(void **state)
{
    (void)state;
    assert_int_equal(
        parse_a(PART(HEADER("\x81\x80", "\1", "\0") QUESTION_A "\xc0\x1b\0\1\0\1\0\0\0\x0a\0\4\x7f\0\0\2")),
        DNS_FAILED);
    assert_int_equal(
        parse_a(PART(HEADER("\x81\x80", "\1", "\0") QUESTION_A "\xc0\x1d\0\1\0\1\0\0\0\x0a\0\4\x7f\0\0\2")),
        DNS_FAILED);
}

static void test_two_pointers_at_each_other_fail(void **state)
{
    (void)state;
    static const char bytes[] = HEADER("\x81\x80", "\2", "\0") QUESTION_A
        "\xc0\x0c\0\x63\0\1\0\0\0\x0a\0\2\xc0\x29"  // rdata at 39 points to 41
        "\xc0\x27\0\1\0\1\0\0\0\x0a\0\4\x7f\0\0\2"; // the owner at 41 points to 39
    assert_int_equal(parse_a(PART(bytes)), DNS_FAILED);
}

static void test_other_owner_class_or_question_does_not_count(void **state)
{
    (void)state;
    assert_int_equal(parse_a(PART(HEADER("\x81\x80", "\1", "\0") QUESTION_A
                                  "\1b\xc0\x0e\0\1\0\1\0\0\0\x0a\0\4\x7f\0\0\2")),
                     DNS_NONE);
    assert_int_equal(
        parse_a(PART(HEADER("\x81\x80", "\1", "\0") QUESTION_A "\xc0\x0c\0\1\0\3\0\0\0\x0a\0\4\x7f\0\0\2")),
        DNS_NONE);
    assert_int_equal(parse_a(PART(HEADER("\x81\x80", "\1", "\0") "\1b\7example\0\0\1\0\1"
                                                                 "\xc0\x0c\0\1\0\1\0\0\0\x0a\0\4\x7f\0\0\2")),
                     DNS_FAILED);
}

static void test_address_of_another_length_fails(void **state)
{
    (void)state;
    assert_int_equal(
        parse_a(PART(HEADER("\x81\x80", "\1", "\0") QUESTION_A "\xc0\x0c\0\1\0\1\0\0\0\x0a\0\3\x7f\0\0")),
        DNS_FAILED);
}

static void test_flags_decide(void **state)
{
    (void)state;
    assert_int_equal(parse_a(PART(HEADER("\x01\x80", "\0", "\0") QUESTION_A)), DNS_FAILED); // a query
    assert_int_equal(parse_a(PART(HEADER("\x83\x80", "\0", "\0") QUESTION_A)), DNS_FAILED); // truncated
    assert_int_equal(parse_a(PART(HEADER("\x81\x82", "\0", "\0") QUESTION_A)), DNS_FAILED); // SERVFAIL
    assert_int_equal(parse_a(PART(HEADER("\x81\x85", "\0", "\0") QUESTION_A)), DNS_FAILED); // REFUSED
    assert_int_equal(parse_a(PART(HEADER("\x81\x83", "\0", "\0") QUESTION_A)), DNS_NONE);   // NXDOMAIN
}

static void test_negative_ttl(void **state)
{
    (void)state;
    struct dns_answer answer;
    parse(PART(HEADER("\x81\x83", "\0", "\0") QUESTION_A), DNS_TYPE_A, &answer);
    assert_int_equal(answer.ttl, DNS_PACKET_NEGATIVE_TTL);
    parse(PART(HEADER("\x81\x83", "\0", "\1") QUESTION_A
               "\xc0\x0e\0\6\0\1\0\0\0\x50\0\x16\0\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\x28"),
          DNS_TYPE_A, &answer);
    assert_int_equal(answer.rc, DNS_NONE);
    assert_int_equal(answer.ttl, 40);
}

static void test_text_longer_than_its_record_fails(void **state)
{
    (void)state;
    struct dns_answer answer;
    static const char bytes[] = HEADER("\x81\x80", "\1", "\0") "\1a\7example\0\0\x10\0\1"
                                                               "\xc0\x0c\0\x10\0\1\0\0\0\x0a\0\3\5ab";
    assert_int_equal(parse(PART(bytes), DNS_TYPE_TXT, &answer), DNS_FAILED);
    assert_int_equal(answer.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alias_and_address),
        cmocka_unit_test(test_message_cut_anywhere_fails),
        cmocka_unit_test(test_any_changed_byte_is_survived),
        cmocka_unit_test(test_pointer_to_itself_or_ahead_fails),
        cmocka_unit_test(test_two_pointers_at_each_other_fail),
        cmocka_unit_test(test_other_owner_class_or_question_does_not_count),
        cmocka_unit_test(test_address_of_another_length_fails),
        cmocka_unit_test(test_flags_decide),
        cmocka_unit_test(test_negative_ttl),
        cmocka_unit_test(test_text_longer_than_its_record_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
