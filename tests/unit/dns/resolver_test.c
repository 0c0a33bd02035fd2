// SPDX-License-Identifier: BSD-2-Clause
// Contents of answers and their time in the cache.
#include "base/clock.h"
#include "dns/dns_packet.h"
#include "resolver_fixture.h"

static void test_address_comes_from_the_cache_the_second_time(void **state)
{
    struct seen second = {0};
    dns_server_tell(&server, "add a.example 300 A 127.0.0.2");
    const struct seen *seen = ask(*state, "A.Example", DNS_TYPE_A);
    assert_int_equal(seen->rc, DNS_FOUND);
    assert_int_equal(seen->count, 1);
    assert_memory_equal(seen->data[0], "\x7f\0\0\2", 4);
    assert_in_range(seen->ttl, 298, 300);
    assert_null(
        resolver_ask(((struct fixture *)*state)->resolver, "a.example", DNS_TYPE_A, on_answer, &second));
    assert_int_equal(second.calls, 1);
    assert_memory_equal(second.data[0], "\x7f\0\0\2", 4);
    assert_int_equal(dns_server_tell(&server, "count"), 1);
}

static void test_peek_asks_nobody(void **state)
{
    struct fixture *fixture = *state;
    struct seen seen = {0};
    dns_server_tell(&server, "add peek.example 300 A 127.0.0.2");
    assert_false(resolver_peek(fixture->resolver, "peek.example", DNS_TYPE_A, on_answer, &seen));
    assert_false(resolver_peek(fixture->resolver, "a..b", DNS_TYPE_A, on_answer, &seen));
    assert_int_equal(seen.calls, 0);
    ask(fixture, "peek.example", DNS_TYPE_A);
    assert_true(resolver_peek(fixture->resolver, "Peek.example", DNS_TYPE_A, on_answer, &seen));
    assert_int_equal(seen.calls, 1);
    assert_memory_equal(seen.data[0], "\x7f\0\0\2", 4);
    assert_int_equal(dns_server_tell(&server, "count"), 1);
}

static void test_refresh_passes_the_cache_by(void **state)
{
    dns_server_tell(&server, "add fresh.example 300 A 127.0.0.2");
    ask(*state, "fresh.example", DNS_TYPE_A);
    dns_server_tell(&server, "remove fresh.example");
    assert_int_equal(ask(*state, "fresh.example", DNS_TYPE_A)->rc, DNS_FOUND);
    assert_int_equal(refresh(*state, "fresh.example", DNS_TYPE_A)->rc, DNS_NONE);
    assert_int_equal(ask(*state, "fresh.example", DNS_TYPE_A)->rc, DNS_NONE);
    assert_int_equal(dns_server_tell(&server, "count"), 2);
}

static void test_negative_answer_is_kept_as_long_as_its_soa_says(void **state)
{
    int64_t now = clock_mono_ms();
    clock_set(clock_wall(), now);
    const struct seen *seen = ask(*state, "missing.example", DNS_TYPE_A);
    assert_int_equal(seen->rc, DNS_NONE);
    assert_int_equal(seen->ttl, 30);
    clock_set(clock_wall(), now + 29999);
    assert_int_equal(ask(*state, "missing.example", DNS_TYPE_A)->rc, DNS_NONE);
    assert_int_equal(dns_server_tell(&server, "count"), 1);
    clock_set(clock_wall(), now + 30000);
    ask(*state, "missing.example", DNS_TYPE_A);
    assert_int_equal(dns_server_tell(&server, "count"), 1);
}

static void test_name_without_that_type_is_none(void **state)
{
    dns_server_tell(&server, "add a.example 300 A 127.0.0.2");
    assert_int_equal(ask(*state, "a.example", DNS_TYPE_TXT)->rc, DNS_NONE);
}

static void test_text_is_joined_and_may_hold_any_byte(void **state)
{
    dns_server_tell(&server, "add text.example 60 TXT \"v=spf1 \" \"\\195\\164\\000\\255\" \"\" \"x\"");
    const struct seen *seen = ask(*state, "text.example", DNS_TYPE_TXT);
    assert_int_equal(seen->rc, DNS_FOUND);
    assert_int_equal(seen->len[0], 12);
    assert_memory_equal(seen->data[0], "v=spf1 \xc3\xa4\0\xffx", 12);
}

// Serves `len` bytes of text in strings of at most 255.
static void add_text(const char *name, size_t len)
{
    char rdata[6000];
    size_t at = 0;
    while (len > 0) {
        size_t part = len < 255 ? len : 255;
        at += (size_t)snprintf(rdata + at, sizeof rdata - at, "\"%0*d\" ", (int)part, 0);
        len -= part;
    }
    dns_server_tell(&server, "add %s 60 TXT %s", name, rdata);
}

static void test_long_text_is_cut(void **state)
{
    add_text("whole.example", DNS_TEXT_MAX - 1);
    add_text("long.example", DNS_TEXT_MAX + 300);
    assert_int_equal(ask(*state, "whole.example", DNS_TYPE_TXT)->len[0], DNS_TEXT_MAX - 1);
    const struct seen *seen = ask(*state, "long.example", DNS_TYPE_TXT);
    assert_int_equal(seen->rc, DNS_FOUND);
    assert_int_equal(seen->len[0], DNS_TEXT_MAX);
}

// Local parts of addresses make such names (RFC 7208 section 7).
static void test_name_may_hold_any_byte(void **state)
{
    static const struct {
        const char *asked, *served;
    } names[] = {
        {"a\"b.odd.example", "a\\\"b.odd.example"},
        {"$(x);@y.odd.example", "\\$\\(x\\)\\;\\@y.odd.example"},
        {"a b.odd.example", "a\\032b.odd.example"},
        {"c:\\d.odd.example", "c:\\\\d.odd.example"},
        {"\xc3\xa4.odd.example", "\\195\\164.odd.example"},
        {"\x01\r\n.odd.example", "\\001\\013\\010.odd.example"},
        {"*.odd.example", "*.odd.example"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        dns_server_tell(&server, "add %s 60 A 127.0.2.%zu", names[i].served, i);
        const struct seen *seen = ask(*state, names[i].asked, DNS_TYPE_A);
        assert_int_equal(seen->rc, DNS_FOUND);
        assert_int_equal(seen->count, 1);
        assert_int_equal(seen->data[0][3], i);
    }
    assert_int_equal(ask(*state, "A B.odd.example", DNS_TYPE_A)->rc, DNS_FOUND);
    assert_int_equal(dns_server_tell(&server, "count"), sizeof names / sizeof *names);
}

static void test_names_in_records_are_uncompressed(void **state)
{
    dns_server_tell(&server, "add mx.example 60 MX 10 mail.mx.example.");
    const struct seen *seen = ask(*state, "mx.example", DNS_TYPE_MX);
    assert_int_equal(seen->len[0], 19);
    assert_memory_equal(seen->data[0], "\0\x0a\4mail\2mx\7example", 19);
    dns_server_tell(&server, "add 7.0.0.127.in-addr.arpa 60 PTR host.example.");
    seen = ask(*state, "7.0.0.127.in-addr.arpa", DNS_TYPE_PTR);
    assert_int_equal(seen->rc, DNS_FOUND);
    assert_memory_equal(seen->data[0], "\4host\7example", 14);
}

static void test_ipv6_address(void **state)
{
    dns_server_tell(&server, "add six.test 60 AAAA 2001:db8::1");
    const struct seen *seen = ask(*state, "six.test", DNS_TYPE_AAAA);
    assert_int_equal(seen->len[0], 16);
    assert_memory_equal(seen->data[0], "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
}

static void test_chain_of_aliases_takes_the_least_ttl(void **state)
{
    dns_server_tell(&server, "add one.chain.example 500 CNAME two.chain.example.");
    dns_server_tell(&server, "add two.chain.example 70 CNAME three.chain.example.");
    dns_server_tell(&server, "add three.chain.example 900 A 127.0.0.3");
    const struct seen *seen = ask(*state, "one.chain.example", DNS_TYPE_A);
    assert_int_equal(seen->rc, DNS_FOUND);
    assert_memory_equal(seen->data[0], "\x7f\0\0\3", 4);
    assert_in_range(seen->ttl, 68, 70);
}

static void test_alias_to_nowhere_is_none(void **state)
{
    dns_server_tell(&server, "add dangling.example 60 CNAME nowhere.example.");
    assert_int_equal(ask(*state, "dangling.example", DNS_TYPE_A)->rc, DNS_NONE);
}

static void test_alias_of_itself_gives_no_address(void **state)
{
    dns_server_tell(&server, "looping loop.example");
    assert_int_not_equal(ask(*state, "loop.example", DNS_TYPE_A)->rc, DNS_FOUND);
}

static void test_truncated_answer_is_asked_for_over_tcp(void **state)
{
    dns_server_tell(&server, "add big.example 60 A 127.0.0.4");
    dns_server_tell(&server, "truncate big.example");
    const struct seen *seen = ask(*state, "big.example", DNS_TYPE_A);
    assert_int_equal(seen->rc, DNS_FOUND);
    assert_memory_equal(seen->data[0], "\x7f\0\0\4", 4);
}

static void test_many_records_are_bounded(void **state)
{
    for (int i = 0; i < DNS_RECORDS_MAX; i++)
        dns_server_tell(&server, "add many.example 60 A 127.0.1.%d", i);
    assert_int_equal(ask(*state, "many.example", DNS_TYPE_A)->count, DNS_RECORDS_MAX);
    assert_false(ask(*state, "many.example", DNS_TYPE_A)->truncated);
    dns_server_tell(&server, "add many.example 60 A 127.0.2.1");
    assert_int_equal(refresh(*state, "many.example", DNS_TYPE_A)->count, DNS_RECORDS_MAX);
    assert_true(ask(*state, "many.example", DNS_TYPE_A)->truncated);
}

static void test_many_long_texts_are_bounded(void **state)
{
    for (size_t i = 0; i < 12; i++)
        add_text("texts.example", 4000 + i);
    const struct seen *seen = ask(*state, "texts.example", DNS_TYPE_TXT);
    assert_int_equal(seen->count, DNS_PACKET_SCRATCH_MAX / 4012);
    assert_true(seen->truncated);
}

// libunbound gives up after some restarts.
static void test_chain_of_aliases_is_bounded(void **state)
{
    for (int i = 0; i < 60; i++)
        dns_server_tell(&server, "add c%d.links.example 60 CNAME c%d.links.example.", i, i + 1);
    dns_server_tell(&server, "add c60.links.example 60 A 127.0.0.2");
    assert_int_equal(ask(*state, "c52.links.example", DNS_TYPE_A)->rc, DNS_FOUND);
    assert_int_equal(ask(*state, "c0.links.example", DNS_TYPE_A)->rc, DNS_FAILED);
}

static void test_max_ttl_caps(void **state)
{
    (void)state;
    struct fixture own = {0};
    make(&own, &(struct resolver_spec){server.address, WAIT_MS, 10, 100, 20});
    dns_server_tell(&server, "add week.example 604800 A 127.0.0.2");
    ask(&own, "week.example", DNS_TYPE_A);
    assert_in_range(own.seen.ttl, 9, 10);
    ask(&own, "missing.week.example", DNS_TYPE_A);
    assert_in_range(own.seen.ttl, 9, 10);
    unmake(&own);
}

static void test_cache_forgets_the_least_used(void **state)
{
    (void)state;
    struct fixture own = {0};
    make(&own, &(struct resolver_spec){server.address, WAIT_MS, 3600, 2, 20});
    ask(&own, "one.lru.example", DNS_TYPE_A);
    ask(&own, "two.lru.example", DNS_TYPE_A);
    ask(&own, "one.lru.example", DNS_TYPE_A);
    ask(&own, "three.lru.example", DNS_TYPE_A);
    dns_server_tell(&server, "count");
    ask(&own, "one.lru.example", DNS_TYPE_A);
    assert_int_equal(dns_server_tell(&server, "count"), 0);
    ask(&own, "two.lru.example", DNS_TYPE_A);
    assert_int_equal(dns_server_tell(&server, "count"), 1);
    unmake(&own);
}

static void test_large_answers_are_bounded_by_their_bytes(void **state)
{
    (void)state;
    struct fixture own = {0};
    char text[256];
    memset(text, 'b', 255);
    text[255] = '\0';
    make(&own, &(struct resolver_spec){server.address, WAIT_MS, 3600, 8, 20});
    for (int i = 0; i < 6; i++) {
        char name[64];
        snprintf(name, sizeof name, "bytes%d.example", i);
        dns_server_tell(&server, "add %s 600 TXT \"%s\" \"%s\" \"%s\" \"%s\"", name, text, text, text, text);
        ask(&own, name, DNS_TYPE_TXT);
    }
    dns_server_tell(&server, "count");
    ask(&own, "bytes5.example", DNS_TYPE_TXT);
    assert_int_equal(dns_server_tell(&server, "count"), 0);
    ask(&own, "bytes0.example", DNS_TYPE_TXT);
    assert_int_equal(dns_server_tell(&server, "count"), 1);
    unmake(&own);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(address_comes_from_the_cache_the_second_time),
        TEST(peek_asks_nobody),
        TEST(refresh_passes_the_cache_by),
        TEST(negative_answer_is_kept_as_long_as_its_soa_says),
        TEST(name_without_that_type_is_none),
        TEST(text_is_joined_and_may_hold_any_byte),
        TEST(long_text_is_cut),
        TEST(name_may_hold_any_byte),
        TEST(names_in_records_are_uncompressed),
        TEST(ipv6_address),
        TEST(chain_of_aliases_takes_the_least_ttl),
        TEST(alias_to_nowhere_is_none),
        TEST(alias_of_itself_gives_no_address),
        TEST(truncated_answer_is_asked_for_over_tcp),
        TEST(many_records_are_bounded),
        TEST(many_long_texts_are_bounded),
        TEST(chain_of_aliases_is_bounded),
        TEST(max_ttl_caps),
        TEST(cache_forgets_the_least_used),
        TEST(large_answers_are_bounded_by_their_bytes),
    };
    dns_server_start(&server, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dns_server_stop(&server);
    return failed;
}
