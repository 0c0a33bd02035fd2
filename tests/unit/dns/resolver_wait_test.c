// SPDX-License-Identifier: BSD-2-Clause
// Look-ups that fail, wait, share or are given up.
#include "base/clock.h"
#include "resolver_fixture.h"

static void test_servfail_fails(void **state)
{
    dns_server_tell(&server, "servfail broken.example");
    assert_int_equal(ask(*state, "a.broken.example", DNS_TYPE_A)->rc, DNS_FAILED);
}

static void test_garbage_gives_no_answer_and_harms_no_other(void **state)
{
    dns_server_tell(&server, "garbage noise.example");
    dns_server_tell(&server, "add a.example 300 A 127.0.0.2");
    enum dns_rc rc = ask(*state, "a.noise.example", DNS_TYPE_A)->rc;
    assert_true(rc == DNS_FAILED || rc == DNS_TIMEOUT);
    assert_int_equal(ask(*state, "a.example", DNS_TYPE_A)->rc, DNS_FOUND);
}

static void test_silence_ends_at_the_deadline_and_is_remembered_shortly(void **state)
{
    struct fixture *fixture = *state;
    struct seen second = {0};
    dns_server_tell(&server, "silent quiet.example");
    int64_t start = clock_mono_ms();
    assert_int_equal(ask(fixture, "a.quiet.example", DNS_TYPE_A)->rc, DNS_TIMEOUT);
    assert_in_range(clock_mono_ms() - start, WAIT_MS - 10, WAIT_MS + 400);
    assert_null(resolver_ask(fixture->resolver, "a.quiet.example", DNS_TYPE_A, on_answer, &second));
    assert_int_equal(second.rc, DNS_TIMEOUT);
    dns_server_tell(&server, "add a.quiet.example 60 A 127.0.0.2");
    dns_server_tell(&server, "behave");
    wait_ms(fixture, WAIT_MS + 50);
    assert_int_equal(ask(fixture, "a.quiet.example", DNS_TYPE_A)->rc, DNS_FOUND);
}

static void test_late_answer_goes_into_the_cache(void **state)
{
    struct fixture *fixture = *state;
    dns_server_tell(&server, "add a.late.example 600 A 127.0.0.2");
    dns_server_tell(&server, "slow late.example 0.8");
    assert_int_equal(ask(fixture, "a.late.example", DNS_TYPE_A)->rc, DNS_TIMEOUT);
    wait_ms(fixture, 1500);
    struct seen second = {0};
    assert_null(resolver_ask(fixture->resolver, "a.late.example", DNS_TYPE_A, on_answer, &second));
    assert_int_equal(second.rc, DNS_FOUND);
}

static void test_dead_zone_does_not_starve_the_others(void **state)
{
    struct fixture *fixture = *state;
    char name[64];
    dns_server_tell(&server, "silent quiet.example");
    for (int i = 0; i < 15; i++) {
        snprintf(name, sizeof name, "n%d.quiet.example", i);
        resolver_ask(fixture->resolver, name, DNS_TYPE_A, on_answer, &fixture->seen);
    }
    wait_for(fixture, &fixture->seen, 15);
    for (int i = 0; i < 50; i++) {
        snprintf(name, sizeof name, "n%d.busy.example", i);
        assert_int_equal(ask(fixture, name, DNS_TYPE_A)->rc, DNS_NONE);
    }
}

static void test_equal_questions_share_one_query(void **state)
{
    struct fixture *fixture = *state;
    struct seen other = {0}, cancelled = {0};
    dns_server_tell(&server, "add shared.example 60 A 127.0.0.2");
    assert_non_null(resolver_ask(fixture->resolver, "shared.example", DNS_TYPE_A, on_answer, &fixture->seen));
    assert_non_null(resolver_ask(fixture->resolver, "SHARED.example", DNS_TYPE_A, on_answer, &other));
    struct resolver_query *query =
        resolver_ask(fixture->resolver, "shared.example", DNS_TYPE_A, on_answer, &cancelled);
    resolver_cancel(query);
    wait_for(fixture, &fixture->seen, 1);
    wait_for(fixture, &other, 1);
    assert_int_equal(cancelled.calls, 0);
    assert_int_equal(dns_server_tell(&server, "count"), 1);
}

static void test_callback_may_cancel_another(void **state)
{
    struct fixture *fixture = *state;
    struct seen other = {0};
    resolver_ask(fixture->resolver, "pair.example", DNS_TYPE_A, on_answer, &fixture->seen);
    fixture->seen.cancel = resolver_ask(fixture->resolver, "pair.example", DNS_TYPE_A, on_answer, &other);
    wait_for(fixture, &fixture->seen, 1);
    wait_ms(fixture, WAIT_MS + 50);
    assert_int_equal(other.calls, 0);
}

static void test_cancelled_answer_goes_into_the_cache(void **state)
{
    struct fixture *fixture = *state;
    struct seen second = {0};
    resolver_cancel(resolver_ask(fixture->resolver, "left.example", DNS_TYPE_A, on_answer, &fixture->seen));
    wait_ms(fixture, 100);
    assert_int_equal(fixture->seen.calls, 0);
    assert_null(resolver_ask(fixture->resolver, "left.example", DNS_TYPE_A, on_answer, &second));
    assert_int_equal(second.rc, DNS_NONE);
}

static void test_one_look_up_too_many_fails_at_once(void **state)
{
    struct fixture *fixture = *state;
    char name[64];
    struct seen over = {0};
    dns_server_tell(&server, "silent quiet.example");
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "n%d.quiet.example", i);
        assert_non_null(resolver_ask(fixture->resolver, name, DNS_TYPE_A, on_answer, &fixture->seen));
    }
    assert_null(resolver_ask(fixture->resolver, "over.example", DNS_TYPE_A, on_answer, &over));
    assert_int_equal(over.rc, DNS_FAILED);
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
    const char *bad[] = {"", ".", "a..b", ".a", "a.", label, name};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct seen seen = {0};
        assert_null(resolver_ask(fixture->resolver, bad[i], DNS_TYPE_A, on_answer, &seen));
        assert_int_equal(seen.calls, 1);
        assert_int_equal(seen.rc, DNS_FAILED);
    }
    assert_int_equal(dns_server_tell(&server, "count"), 0);
    name[253] = '\0'; // 127 labels: the longest name there is
    assert_int_equal(ask(fixture, name, DNS_TYPE_A)->rc, DNS_NONE);
}

static void test_destroy_drops_what_is_under_way(void **state)
{
    (void)state;
    struct fixture own = {0};
    dns_server_tell(&server, "silent quiet.example");
    make(&own, &(struct resolver_spec){server.address, WAIT_MS, 3600, 100, 20});
    resolver_ask(own.resolver, "a.quiet.example", DNS_TYPE_A, on_answer, &own.seen);
    resolver_ask(own.resolver, "answered.example", DNS_TYPE_A, on_answer, &own.seen);
    wait_ms(&own, 10);
    unsigned calls = own.seen.calls;
    unmake(&own);
    assert_int_equal(own.seen.calls, calls);
}

static void test_server_that_comes_back_is_used_again(void **state)
{
    (void)state;
    struct fixture own = {0};
    struct dns_server own_server;
    dns_server_start(&own_server, 0);
    make(&own, &(struct resolver_spec){own_server.address, WAIT_MS, 3600, 100, 20});
    dns_server_stop(&own_server);
    for (int i = 0; i < 4; i++) {
        char name[64];
        snprintf(name, sizeof name, "n%d.example", i);
        assert_int_not_equal(ask(&own, name, DNS_TYPE_A)->rc, DNS_NONE);
    }
    dns_server_start(&own_server, own_server.port);
    wait_ms(&own, 6000);
    assert_int_equal(ask(&own, "again.example", DNS_TYPE_A)->rc, DNS_NONE);
    unmake(&own);
    dns_server_stop(&own_server);
}

static void test_servers_that_are_no_addresses_are_refused(void **state)
{
    (void)state;
    const char *bad[] = {"localhost", "127.0.0.1, ns.example", "127.0.0.1:53", "127.0.0.1@port", "1.2.3"};
    struct event_base *base = event_base_new();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct problem problem = {0};
        struct resolver_spec spec = {bad[i], WAIT_MS, 3600, 100, 20};
        assert_null(resolver_create(base, &spec, &problem));
        assert_non_null(strstr(problem.text, "is no address"));
    }
    event_base_free(base);
}

static void test_any_of_several_servers_answers(void **state)
{
    (void)state;
    struct fixture own = {0};
    char servers[100];
    snprintf(servers, sizeof servers, "127.0.0.1@1, %s", server.address);
    make(&own, &(struct resolver_spec){servers, 4000, 3600, 100, 20});
    for (int i = 0; i < 8; i++) {
        char name[64];
        snprintf(name, sizeof name, "n%d.several.example", i);
        assert_int_equal(ask(&own, name, DNS_TYPE_A)->rc, DNS_NONE);
    }
    unmake(&own);
}

static void test_mapped_address_of_a_server_is_the_ipv4_address(void **state)
{
    (void)state;
    struct fixture own = {0};
    char servers[100];
    snprintf(servers, sizeof servers, "::ffff:%s", server.address);
    make(&own, &(struct resolver_spec){servers, 4000, 3600, 100, 20});
    assert_int_equal(ask(&own, "mapped.example", DNS_TYPE_A)->rc, DNS_NONE);
    unmake(&own);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
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
        TEST(mapped_address_of_a_server_is_the_ipv4_address),
    };
    dns_server_start(&server, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dns_server_stop(&server);
    return failed;
}
