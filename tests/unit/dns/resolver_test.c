// SPDX-License-Identifier: BSD-2-Clause
#include "base/clock.h"
#include "dns/resolver.h"
#include "dns_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define WAIT_MS 600

struct seen {
    unsigned calls;
    enum resolver_rc rc;
    unsigned count;
    int64_t ttl;
    char data[4][RESOLVER_TEXT_MAX + 1];
    size_t len[4];
    struct resolver_query *cancel; // in the callback
};

struct fixture {
    struct dns_server server;
    struct event_base *base;
    struct resolver *resolver;
    struct seen seen;
};

static struct dns_server shared;

static void on_answer(const struct resolver_answer *answer, void *arg)
{
    struct seen *seen = arg;
    seen->calls++;
    seen->rc = answer->rc;
    seen->count = answer->count;
    seen->ttl = answer->ttl;
    for (unsigned i = 0; i < answer->count && i < 4; i++) {
        seen->len[i] = answer->data[i].len;
        memcpy(seen->data[i], answer->data[i].ptr, answer->data[i].len);
        seen->data[i][answer->data[i].len] = '\0';
    }
    if (seen->cancel)
        resolver_cancel(seen->cancel);
}

static struct resolver *make(struct fixture *fixture, const struct resolver_spec *spec)
{
    char problem[200] = "";
    fixture->base = event_base_new();
    fixture->resolver = resolver_create(fixture->base, spec, problem, sizeof problem);
    if (!fixture->resolver)
        fail_msg("%s", problem);
    return fixture->resolver;
}

static void unmake(struct fixture *fixture)
{
    resolver_destroy(fixture->resolver);
    event_base_free(fixture->base);
    clock_reset();
}

static int set_up(void **state)
{
    static struct fixture fixture;
    struct resolver_spec spec = {shared.address, WAIT_MS, 3600, 100, 20};
    memset(&fixture.seen, 0, sizeof fixture.seen);
    make(&fixture, &spec);
    dns_server_tell(&shared, "behave");
    dns_server_tell(&shared, "count");
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    unmake(*state);
    return 0;
}

static void wait_for(struct fixture *fixture, const struct seen *seen, unsigned calls)
{
    for (int turns = 0; seen->calls < calls && turns < 1000; turns++)
        event_base_loop(fixture->base, EVLOOP_ONCE);
    assert_int_equal(seen->calls, calls);
}

// Lets time pass for what is not to happen.
static void wait_ms(struct fixture *fixture, int ms)
{
    struct timeval wait = {ms / 1000, ms % 1000 * 1000};
    event_base_loopexit(fixture->base, &wait);
    event_base_dispatch(fixture->base);
}

static const struct seen *ask(struct fixture *fixture, const char *name, enum resolver_type type)
{
    memset(&fixture->seen, 0, sizeof fixture->seen);
    resolver_ask(fixture->resolver, name, type, on_answer, &fixture->seen);
    wait_for(fixture, &fixture->seen, 1);
    return &fixture->seen;
}

static const struct seen *refresh(struct fixture *fixture, const char *name, enum resolver_type type)
{
    memset(&fixture->seen, 0, sizeof fixture->seen);
    resolver_refresh(fixture->resolver, name, type, on_answer, &fixture->seen);
    wait_for(fixture, &fixture->seen, 1);
    return &fixture->seen;
}

static void test_address_comes_from_the_cache_the_second_time(void **state)
{
    struct seen second = {0};
    dns_server_tell(&shared, "add a.example 300 A 127.0.0.2");
    const struct seen *seen = ask(*state, "A.Example", RESOLVER_A);
    assert_int_equal(seen->rc, RESOLVER_FOUND);
    assert_int_equal(seen->count, 1);
    assert_memory_equal(seen->data[0], "\x7f\0\0\2", 4);
    assert_in_range(seen->ttl, 298, 300);
    assert_null(
        resolver_ask(((struct fixture *)*state)->resolver, "a.example", RESOLVER_A, on_answer, &second));
    assert_int_equal(second.calls, 1);
    assert_memory_equal(second.data[0], "\x7f\0\0\2", 4);
    assert_int_equal(dns_server_tell(&shared, "count"), 1);
}

static void test_refresh_passes_the_cache_by(void **state)
{
    dns_server_tell(&shared, "add fresh.example 300 A 127.0.0.2");
    ask(*state, "fresh.example", RESOLVER_A);
    dns_server_tell(&shared, "remove fresh.example");
    assert_int_equal(ask(*state, "fresh.example", RESOLVER_A)->rc, RESOLVER_FOUND);
    assert_int_equal(refresh(*state, "fresh.example", RESOLVER_A)->rc, RESOLVER_NONE);
    assert_int_equal(ask(*state, "fresh.example", RESOLVER_A)->rc, RESOLVER_NONE);
    assert_int_equal(dns_server_tell(&shared, "count"), 2);
}

static void test_negative_answer_is_kept_as_long_as_its_soa_says(void **state)
{
    int64_t now = clock_mono_ms();
    clock_set(clock_wall(), now);
    const struct seen *seen = ask(*state, "missing.example", RESOLVER_A);
    assert_int_equal(seen->rc, RESOLVER_NONE);
    assert_int_equal(seen->ttl, 30);
    clock_set(clock_wall(), now + 29999);
    assert_int_equal(ask(*state, "missing.example", RESOLVER_A)->rc, RESOLVER_NONE);
    assert_int_equal(dns_server_tell(&shared, "count"), 1);
    clock_set(clock_wall(), now + 30000);
    ask(*state, "missing.example", RESOLVER_A);
    assert_int_equal(dns_server_tell(&shared, "count"), 1);
}

static void test_name_without_that_type_is_none(void **state)
{
    dns_server_tell(&shared, "add a.example 300 A 127.0.0.2");
    assert_int_equal(ask(*state, "a.example", RESOLVER_TXT)->rc, RESOLVER_NONE);
}

static void test_text_is_joined_and_may_hold_any_byte(void **state)
{
    dns_server_tell(&shared, "add text.example 60 TXT \"v=spf1 \" \"\\195\\164\\000\\255\" \"\" \"x\"");
    const struct seen *seen = ask(*state, "text.example", RESOLVER_TXT);
    assert_int_equal(seen->rc, RESOLVER_FOUND);
    assert_int_equal(seen->len[0], 12);
    assert_memory_equal(seen->data[0], "v=spf1 \xc3\xa4\0\xffx", 12);
}

static void test_long_text_is_cut(void **state)
{
    char text[256];
    memset(text, 'a', 255);
    text[255] = '\0';
    dns_server_tell(&shared, "add long.example 60 TXT \"%s\" \"%s\" \"%s\" \"%s\" \"%s\" \"%s\"", text, text,
                    text, text, text, text);
    const struct seen *seen = ask(*state, "long.example", RESOLVER_TXT);
    assert_int_equal(seen->rc, RESOLVER_FOUND);
    assert_int_equal(seen->len[0], RESOLVER_TEXT_MAX);
}

static void test_names_in_records_are_uncompressed(void **state)
{
    dns_server_tell(&shared, "add mx.example 60 MX 10 mail.mx.example.");
    const struct seen *seen = ask(*state, "mx.example", RESOLVER_MX);
    assert_int_equal(seen->len[0], 19);
    assert_memory_equal(seen->data[0], "\0\x0a\4mail\2mx\7example", 19);
    dns_server_tell(&shared, "add 7.0.0.127.in-addr.arpa 60 PTR host.example.");
    seen = ask(*state, "7.0.0.127.in-addr.arpa", RESOLVER_PTR);
    assert_int_equal(seen->rc, RESOLVER_FOUND);
    assert_memory_equal(seen->data[0], "\4host\7example", 14);
}

static void test_ipv6_address(void **state)
{
    dns_server_tell(&shared, "add six.test 60 AAAA 2001:db8::1");
    const struct seen *seen = ask(*state, "six.test", RESOLVER_AAAA);
    assert_int_equal(seen->len[0], 16);
    assert_memory_equal(seen->data[0], "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
}

static void test_chain_of_aliases_takes_the_least_ttl(void **state)
{
    dns_server_tell(&shared, "add one.chain.example 500 CNAME two.chain.example.");
    dns_server_tell(&shared, "add two.chain.example 70 CNAME three.chain.example.");
    dns_server_tell(&shared, "add three.chain.example 900 A 127.0.0.3");
    const struct seen *seen = ask(*state, "one.chain.example", RESOLVER_A);
    assert_int_equal(seen->rc, RESOLVER_FOUND);
    assert_memory_equal(seen->data[0], "\x7f\0\0\3", 4);
    assert_in_range(seen->ttl, 68, 70);
}

static void test_alias_to_nowhere_is_none(void **state)
{
    dns_server_tell(&shared, "add dangling.example 60 CNAME nowhere.example.");
    assert_int_equal(ask(*state, "dangling.example", RESOLVER_A)->rc, RESOLVER_NONE);
}

static void test_alias_of_itself_gives_no_address(void **state)
{
    dns_server_tell(&shared, "looping loop.example");
    assert_int_not_equal(ask(*state, "loop.example", RESOLVER_A)->rc, RESOLVER_FOUND);
}

static void test_truncated_answer_is_asked_for_over_tcp(void **state)
{
    dns_server_tell(&shared, "add big.example 60 A 127.0.0.4");
    dns_server_tell(&shared, "truncate big.example");
    const struct seen *seen = ask(*state, "big.example", RESOLVER_A);
    assert_int_equal(seen->rc, RESOLVER_FOUND);
    assert_memory_equal(seen->data[0], "\x7f\0\0\4", 4);
}

static void test_many_records_are_bounded(void **state)
{
    for (int i = 0; i < 60; i++)
        dns_server_tell(&shared, "add many.example 60 A 127.0.1.%d", i);
    assert_int_equal(ask(*state, "many.example", RESOLVER_A)->count, RESOLVER_RECORDS_MAX);
}

static void test_max_ttl_caps(void **state)
{
    (void)state;
    struct fixture own = {0};
    make(&own, &(struct resolver_spec){shared.address, WAIT_MS, 10, 100, 20});
    dns_server_tell(&shared, "add week.example 604800 A 127.0.0.2");
    ask(&own, "week.example", RESOLVER_A);
    assert_in_range(own.seen.ttl, 9, 10);
    ask(&own, "missing.week.example", RESOLVER_A);
    assert_in_range(own.seen.ttl, 9, 10);
    unmake(&own);
}

static void test_cache_forgets_the_least_used(void **state)
{
    (void)state;
    struct fixture own = {0};
    make(&own, &(struct resolver_spec){shared.address, WAIT_MS, 3600, 2, 20});
    ask(&own, "one.lru.example", RESOLVER_A);
    ask(&own, "two.lru.example", RESOLVER_A);
    ask(&own, "one.lru.example", RESOLVER_A);
    ask(&own, "three.lru.example", RESOLVER_A);
    dns_server_tell(&shared, "count");
    ask(&own, "one.lru.example", RESOLVER_A);
    assert_int_equal(dns_server_tell(&shared, "count"), 0);
    ask(&own, "two.lru.example", RESOLVER_A);
    assert_int_equal(dns_server_tell(&shared, "count"), 1);
    unmake(&own);
}

static void test_large_answers_are_bounded_by_their_bytes(void **state)
{
    (void)state;
    struct fixture own = {0};
    char text[256];
    memset(text, 'b', 255);
    text[255] = '\0';
    make(&own, &(struct resolver_spec){shared.address, WAIT_MS, 3600, 8, 20});
    for (int i = 0; i < 6; i++) {
        char name[64];
        snprintf(name, sizeof name, "bytes%d.example", i);
        dns_server_tell(&shared, "add %s 600 TXT \"%s\" \"%s\" \"%s\" \"%s\"", name, text, text, text, text);
        ask(&own, name, RESOLVER_TXT);
    }
    dns_server_tell(&shared, "count");
    ask(&own, "bytes5.example", RESOLVER_TXT);
    assert_int_equal(dns_server_tell(&shared, "count"), 0);
    ask(&own, "bytes0.example", RESOLVER_TXT);
    assert_int_equal(dns_server_tell(&shared, "count"), 1);
    unmake(&own);
}

static void test_servfail_fails(void **state)
{
    dns_server_tell(&shared, "servfail broken.example");
    assert_int_equal(ask(*state, "a.broken.example", RESOLVER_A)->rc, RESOLVER_FAILED);
}

static void test_garbage_gives_no_answer_and_harms_no_other(void **state)
{
    dns_server_tell(&shared, "garbage noise.example");
    dns_server_tell(&shared, "add a.example 300 A 127.0.0.2");
    enum resolver_rc rc = ask(*state, "a.noise.example", RESOLVER_A)->rc;
    assert_true(rc == RESOLVER_FAILED || rc == RESOLVER_TIMEOUT);
    assert_int_equal(ask(*state, "a.example", RESOLVER_A)->rc, RESOLVER_FOUND);
}

static void test_silence_ends_at_the_deadline_and_is_remembered_shortly(void **state)
{
    struct fixture *fixture = *state;
    struct seen second = {0};
    dns_server_tell(&shared, "silent quiet.example");
    int64_t start = clock_mono_ms();
    assert_int_equal(ask(fixture, "a.quiet.example", RESOLVER_A)->rc, RESOLVER_TIMEOUT);
    assert_in_range(clock_mono_ms() - start, WAIT_MS - 10, WAIT_MS + 400);
    assert_null(resolver_ask(fixture->resolver, "a.quiet.example", RESOLVER_A, on_answer, &second));
    assert_int_equal(second.rc, RESOLVER_TIMEOUT);
    dns_server_tell(&shared, "add a.quiet.example 60 A 127.0.0.2");
    dns_server_tell(&shared, "behave");
    wait_ms(fixture, WAIT_MS + 50);
    assert_int_equal(ask(fixture, "a.quiet.example", RESOLVER_A)->rc, RESOLVER_FOUND);
}

static void test_late_answer_goes_into_the_cache(void **state)
{
    struct fixture *fixture = *state;
    dns_server_tell(&shared, "add a.late.example 600 A 127.0.0.2");
    dns_server_tell(&shared, "slow late.example 0.8");
    assert_int_equal(ask(fixture, "a.late.example", RESOLVER_A)->rc, RESOLVER_TIMEOUT);
    wait_ms(fixture, 1500);
    struct seen second = {0};
    assert_null(resolver_ask(fixture->resolver, "a.late.example", RESOLVER_A, on_answer, &second));
    assert_int_equal(second.rc, RESOLVER_FOUND);
}

static void test_dead_zone_does_not_starve_the_others(void **state)
{
    struct fixture *fixture = *state;
    char name[64];
    dns_server_tell(&shared, "silent quiet.example");
    for (int i = 0; i < 15; i++) {
        snprintf(name, sizeof name, "n%d.quiet.example", i);
        resolver_ask(fixture->resolver, name, RESOLVER_A, on_answer, &fixture->seen);
    }
    wait_for(fixture, &fixture->seen, 15);
    for (int i = 0; i < 50; i++) {
        snprintf(name, sizeof name, "n%d.busy.example", i);
        assert_int_equal(ask(fixture, name, RESOLVER_A)->rc, RESOLVER_NONE);
    }
}

static void test_equal_questions_share_one_query(void **state)
{
    struct fixture *fixture = *state;
    struct seen other = {0}, cancelled = {0};
    dns_server_tell(&shared, "add shared.example 60 A 127.0.0.2");
    assert_non_null(resolver_ask(fixture->resolver, "shared.example", RESOLVER_A, on_answer, &fixture->seen));
    assert_non_null(resolver_ask(fixture->resolver, "SHARED.example", RESOLVER_A, on_answer, &other));
    struct resolver_query *query =
        resolver_ask(fixture->resolver, "shared.example", RESOLVER_A, on_answer, &cancelled);
    resolver_cancel(query);
    wait_for(fixture, &fixture->seen, 1);
    wait_for(fixture, &other, 1);
    assert_int_equal(cancelled.calls, 0);
    assert_int_equal(dns_server_tell(&shared, "count"), 1);
}

static void test_callback_may_cancel_another(void **state)
{
    struct fixture *fixture = *state;
    struct seen other = {0};
    resolver_ask(fixture->resolver, "pair.example", RESOLVER_A, on_answer, &fixture->seen);
    fixture->seen.cancel = resolver_ask(fixture->resolver, "pair.example", RESOLVER_A, on_answer, &other);
    wait_for(fixture, &fixture->seen, 1);
    wait_ms(fixture, WAIT_MS + 50);
    assert_int_equal(other.calls, 0);
}

static void test_cancelled_answer_goes_into_the_cache(void **state)
{
    struct fixture *fixture = *state;
    struct seen second = {0};
    resolver_cancel(resolver_ask(fixture->resolver, "left.example", RESOLVER_A, on_answer, &fixture->seen));
    wait_ms(fixture, 100);
    assert_int_equal(fixture->seen.calls, 0);
    assert_null(resolver_ask(fixture->resolver, "left.example", RESOLVER_A, on_answer, &second));
    assert_int_equal(second.rc, RESOLVER_NONE);
}

static void test_one_look_up_too_many_fails_at_once(void **state)
{
    struct fixture *fixture = *state;
    char name[64];
    struct seen over = {0};
    dns_server_tell(&shared, "silent quiet.example");
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "n%d.quiet.example", i);
        assert_non_null(resolver_ask(fixture->resolver, name, RESOLVER_A, on_answer, &fixture->seen));
    }
    assert_null(resolver_ask(fixture->resolver, "over.example", RESOLVER_A, on_answer, &over));
    assert_int_equal(over.rc, RESOLVER_FAILED);
    wait_for(fixture, &fixture->seen, 20);
}

static void test_name_that_cannot_be_is_not_asked(void **state)
{
    struct fixture *fixture = *state;
    char label[80] = "", name[300] = "";
    memset(label, 'a', 64);
    for (int i = 0; i < 127; i++)
        strcat(name, "a.");
    strcat(name, "aa"); // 256 bytes
    const char *bad[] = {"", ".", "a..b", ".a", "a.", "a b", "a\\b", "a\"b", "\xc3\xa4.example", label, name};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct seen seen = {0};
        assert_null(resolver_ask(fixture->resolver, bad[i], RESOLVER_A, on_answer, &seen));
        assert_int_equal(seen.calls, 1);
        assert_int_equal(seen.rc, RESOLVER_FAILED);
    }
    assert_int_equal(dns_server_tell(&shared, "count"), 0);
    name[253] = '\0'; // 127 labels: the longest name there is
    assert_int_equal(ask(fixture, name, RESOLVER_A)->rc, RESOLVER_NONE);
}

static void test_destroy_drops_what_is_under_way(void **state)
{
    (void)state;
    struct fixture own = {0};
    dns_server_tell(&shared, "silent quiet.example");
    make(&own, &(struct resolver_spec){shared.address, WAIT_MS, 3600, 100, 20});
    resolver_ask(own.resolver, "a.quiet.example", RESOLVER_A, on_answer, &own.seen);
    resolver_ask(own.resolver, "answered.example", RESOLVER_A, on_answer, &own.seen);
    wait_ms(&own, 10);
    unsigned calls = own.seen.calls;
    unmake(&own);
    assert_int_equal(own.seen.calls, calls);
}

static void test_server_that_comes_back_is_used_again(void **state)
{
    (void)state;
    struct fixture own = {0};
    struct dns_server server;
    dns_server_start(&server, 0);
    make(&own, &(struct resolver_spec){server.address, WAIT_MS, 3600, 100, 20});
    dns_server_stop(&server);
    for (int i = 0; i < 4; i++) {
        char name[64];
        snprintf(name, sizeof name, "n%d.example", i);
        assert_int_not_equal(ask(&own, name, RESOLVER_A)->rc, RESOLVER_NONE);
    }
    dns_server_start(&server, server.port);
    wait_ms(&own, 6000);
    assert_int_equal(ask(&own, "again.example", RESOLVER_A)->rc, RESOLVER_NONE);
    unmake(&own);
    dns_server_stop(&server);
}

static void test_servers_that_are_no_addresses_are_refused(void **state)
{
    (void)state;
    const char *bad[] = {"localhost", "127.0.0.1, ns.example", "127.0.0.1:53", "127.0.0.1@port", "1.2.3"};
    struct event_base *base = event_base_new();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char problem[200] = "";
        struct resolver_spec spec = {bad[i], WAIT_MS, 3600, 100, 20};
        assert_null(resolver_create(base, &spec, problem, sizeof problem));
        assert_non_null(strstr(problem, "is no address"));
    }
    event_base_free(base);
}

static void test_any_of_several_servers_answers(void **state)
{
    (void)state;
    struct fixture own = {0};
    char servers[100];
    snprintf(servers, sizeof servers, "127.0.0.1@1, %s", shared.address);
    make(&own, &(struct resolver_spec){servers, 4000, 3600, 100, 20});
    for (int i = 0; i < 8; i++) {
        char name[64];
        snprintf(name, sizeof name, "n%d.several.example", i);
        assert_int_equal(ask(&own, name, RESOLVER_A)->rc, RESOLVER_NONE);
    }
    unmake(&own);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(address_comes_from_the_cache_the_second_time),
        TEST(refresh_passes_the_cache_by),
        TEST(negative_answer_is_kept_as_long_as_its_soa_says),
        TEST(name_without_that_type_is_none),
        TEST(text_is_joined_and_may_hold_any_byte),
        TEST(long_text_is_cut),
        TEST(names_in_records_are_uncompressed),
        TEST(ipv6_address),
        TEST(chain_of_aliases_takes_the_least_ttl),
        TEST(alias_to_nowhere_is_none),
        TEST(alias_of_itself_gives_no_address),
        TEST(truncated_answer_is_asked_for_over_tcp),
        TEST(many_records_are_bounded),
        TEST(max_ttl_caps),
        TEST(cache_forgets_the_least_used),
        TEST(large_answers_are_bounded_by_their_bytes),
        TEST(servfail_fails),
        TEST(garbage_gives_no_answer_and_harms_no_other),
        TEST(silence_ends_at_the_deadline_and_is_remembered_shortly),
        TEST(late_answer_goes_into_the_cache),
        TEST(dead_zone_does_not_starve_the_others),
        TEST(equal_questions_share_one_query),
        TEST(callback_may_cancel_another),
        TEST(cancelled_answer_goes_into_the_cache),
        TEST(one_look_up_too_many_fails_at_once),
        TEST(name_that_cannot_be_is_not_asked),
        TEST(destroy_drops_what_is_under_way),
        TEST(server_that_comes_back_is_used_again),
        TEST(servers_that_are_no_addresses_are_refused),
        TEST(any_of_several_servers_answers),
    };
    dns_server_start(&shared, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dns_server_stop(&shared);
    return failed;
}
