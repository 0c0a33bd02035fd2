// SPDX-License-Identifier: BSD-2-Clause
#include "base/cidr.h"
#include "case_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void answer_contains(struct slice member, struct slice network, char out[CASE_ANSWER_MAX])
{
    struct ip ip;
    struct cidr cidr;
    assert_true(ip_parse(member, &ip));
    assert_true(cidr_parse(network, &cidr));
    snprintf(out, CASE_ANSWER_MAX, "%s", cidr_contains(&cidr, &ip) ? "yes" : "no");
}

// "address A", "network N", "reversed A", "A in N"
static void answer(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct slice verb, rest, in;
    struct ip ip;
    struct cidr cidr;
    snprintf(out, CASE_ANSWER_MAX, "bad");
    if (!slice_split(input, ' ', &verb, &rest))
        verb = input;
    if (slice_equal(verb, SLICE("address")) && ip_parse(rest, &ip))
        ip_format(&ip, out);
    else if (slice_equal(verb, SLICE("reversed")) && ip_parse(rest, &ip))
        ip_reversed(&ip, out);
    else if (slice_equal(verb, SLICE("network")) && cidr_parse(rest, &cidr))
        cidr_format(&cidr, out);
    else if (slice_split(rest, ' ', &in, &rest) && slice_equal(in, SLICE("in")))
        answer_contains(verb, rest, out);
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("base/cidr.cases", answer);
}

static unsigned below(unsigned bound)
{
    return (unsigned)random() % bound;
}

// Few distinct bytes, so that addresses share prefixes and have runs of zeros.
static struct ip random_ip(void)
{
    static const uint8_t bytes[] = {0, 0, 0, 1, 0x7f, 0x80, 0xfe, 0xff};
    struct ip ip = {.bits = below(2) ? 32 : 128};
    for (size_t i = 0; i < ip.bits / 8U; i++)
        ip.bytes[i] = below(4) ? bytes[below(sizeof bytes)] : (uint8_t)below(256);
    if (ip.bits == 128)
        ip.bytes[0] = 0x20; // none is an IPv4-mapped one
    return ip;
}

static bool bit(const struct ip *ip, unsigned at)
{
    return ip->bytes[at / 8] >> (7 - at % 8) & 1;
}

static bool contains_naively(const struct cidr *network, const struct ip *ip)
{
    if (network->base.bits != ip->bits)
        return false;
    for (unsigned i = 0; i < network->prefix; i++)
        if (bit(&network->base, i) != bit(ip, i))
            return false;
    return true;
}

static void test_contains(void **state)
{
    (void)state;
    srandom(1);
    int inside = 0;
    for (int round = 0; round < 300000; round++) {
        struct ip a = random_ip(), b = random_ip();
        if (below(2)) { // differ in one bit
            b = a;
            unsigned at = below(a.bits);
            b.bytes[at / 8] ^= (uint8_t)(0x80 >> at % 8);
        }
        struct cidr network = cidr_of(&a, below(140));
        assert_true(network.prefix <= a.bits);
        assert_true(contains_naively(&network, &a));
        assert_true(cidr_contains(&network, &a));
        bool naively = contains_naively(&network, &b);
        assert_int_equal(cidr_contains(&network, &b), naively);
        inside += naively;
    }
    assert_in_range(inside, 10000, 290000);
}

static void test_round_trip(void **state)
{
    (void)state;
    srandom(2);
    for (int round = 0; round < 100000; round++) {
        struct ip ip = random_ip(), again;
        char text[CIDR_TEXT_MAX];
        ip_format(&ip, text);
        assert_true(ip_parse(slice_from(text), &again));
        assert_memory_equal(&ip, &again, sizeof ip);
        assert_true(ip_equal(&ip, &again));
        struct cidr network = cidr_of(&ip, below(129)), parsed;
        cidr_format(&network, text);
        assert_true(cidr_parse(slice_from(text), &parsed));
        assert_memory_equal(&network, &parsed, sizeof network);
        bool host_bits = !ip_equal(&network.base, &ip);
        ip_format(&ip, text);
        snprintf(text + strlen(text), sizeof text - strlen(text), "/%d", network.prefix);
        assert_int_equal(cidr_parse(slice_from(text), &parsed), !host_bits);
    }
}

static void test_equal(void **state)
{
    (void)state;
    struct ip v4 = {.bits = 32, .bytes = {32, 1, 13, 184}}, v6 = {.bits = 128, .bytes = {32, 1, 13, 184}};
    assert_false(ip_equal(&v4, &v6));
    struct ip same = v4;
    same.bytes[15] = 1; // not a byte of an IPv4 address
    assert_true(ip_equal(&v4, &same));
    same.bytes[3]++;
    assert_false(ip_equal(&v4, &same));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_contains),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
