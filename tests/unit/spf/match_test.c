// SPDX-License-Identifier: BSD-2-Clause
// Random records against what they mean: whether libspf2 and base/cidr.h agree on which addresses a network
// holds, in each place where an address can be, and that many threads can check at once.
#include "spf/spf.h"
#include "zone.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROUNDS 3000
#define THREADS 4

static unsigned roll(unsigned *seed, unsigned below)
{
    return (unsigned)rand_r(seed) % below;
}

// An address that shares some first bits with `near`.
static struct ip random_ip(unsigned *seed, const struct ip *near)
{
    struct ip ip = {.bits = near->bits};
    unsigned shared = roll(seed, near->bits + 1U);
    struct cidr network = cidr_of(near, shared);
    for (size_t i = 0; i < near->bits / 8U; i++)
        ip.bytes[i] = (uint8_t)roll(seed, 256);
    struct cidr own = cidr_of(&ip, shared);
    for (size_t i = 0; i < near->bits / 8U; i++)
        ip.bytes[i] = (uint8_t)((ip.bytes[i] ^ own.base.bytes[i]) | network.base.bytes[i]);
    return ip;
}

static void add(struct zone *zone, const char *name, const char *type, const char *data)
{
    assert_true(zone_add(zone, slice_from(name), slice_from(type), slice_from(data)));
}

// A domain whose record lets `host` with `prefix` pass, by a term of each kind in turn.
static struct zone *make_zone(unsigned round, const struct ip *host, unsigned prefix)
{
    static const char *const forms[] = {"a:host.example%s%u", "mx%s%u", "ip%c:%s%s%u",
                                        "include:inner.example"};
    struct zone *zone = zone_create();
    char address[CIDR_TEXT_MAX], term[128], record[160];
    bool is_ip4 = host->bits == 32;
    const char *slashes = is_ip4 ? "/" : "//";
    ip_format(host, address);
    if (round % 4 == 2)
        snprintf(term, sizeof term, forms[2], is_ip4 ? '4' : '6', address, "/", prefix);
    else if (round % 4 == 3)
        snprintf(term, sizeof term, "%s", forms[3]);
    else
        snprintf(term, sizeof term, round % 4 ? forms[1] : forms[0], slashes, prefix);
    snprintf(record, sizeof record, "v=spf1 ip4:198.51.100.77 %s ~all", term);
    add(zone, "example.com", "TXT", record);
    snprintf(record, sizeof record, "v=spf1 a:host.example%s%u ~all", slashes, prefix);
    add(zone, "inner.example", "TXT", record);
    add(zone, "example.com", "MX", "5 other.example");
    add(zone, "example.com", "MX", "1 host.example");
    add(zone, "other.example", is_ip4 ? "A" : "AAAA", is_ip4 ? "127.1.2.3" : "::1");
    add(zone, "host.example", is_ip4 ? "A" : "AAAA", address);
    return zone;
}

static void check_once(unsigned round, unsigned *seed)
{
    struct ip some = {.bits = roll(seed, 2) ? 32 : 128};
    struct spf_request request = {
        .identity = SPF_MAIL_FROM, .sender = "user@example.com", .helo = "x.example"};
    struct spf_verdict verdict;
    struct spf_needs needs;
    some.bytes[0] = 32; // an IPv6 network with zeros at its head could be IPv4-mapped
    struct ip host = random_ip(seed, &some);
    host.bytes[0] = some.bytes[0];
    request.client = random_ip(seed, &host);
    request.client.bytes[0] = some.bytes[0];
    unsigned prefix = 1 + roll(seed, host.bits);
    struct cidr network = cidr_of(&host, prefix);
    struct zone *zone = make_zone(round, &host, prefix);
    struct spf_answers answers = {.find = zone_answer, .arg = zone};
    assert_int_equal(spf_check(&request, &answers, &verdict, &needs), SPF_DONE);
    if ((verdict.result == SPF_PASS) != cidr_contains(&network, &request.client))
        fail_msg("round %u: %s by %s, /%u", round, spf_result_word(verdict.result), verdict.term, prefix);
    zone_destroy(zone);
}

static void test_networks(void **state)
{
    unsigned seed = 1;
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++)
        check_once(round, &seed);
}

static void *run_thread(void *arg)
{
    unsigned seed = *(const unsigned *)arg;
    for (unsigned round = 0; round < ROUNDS / THREADS; round++)
        check_once(round, &seed);
    return NULL;
}

static void test_threads(void **state)
{
    pthread_t threads[THREADS];
    unsigned seeds[THREADS];
    (void)state;
    for (unsigned i = 0; i < THREADS; i++) {
        seeds[i] = i + 2;
        assert_int_equal(pthread_create(&threads[i], NULL, run_thread, &seeds[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads), cmocka_unit_test(test_networks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
