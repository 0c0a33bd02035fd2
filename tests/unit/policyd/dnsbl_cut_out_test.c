// SPDX-License-Identifier: BSD-2-Clause
// Lists that list everybody, refuse or fall silent, and come back.
#include "base/clock.h"
#include "base/log.h"
#include "dnsbl_fixture.h"

#include <stdio.h>

static void test_list_of_everybody_by_ipv6_is_noticed(void **state)
{
    (void)state;
    int64_t now = clock_mono_ms();
    clock_set(clock_wall(), now);
    set_rows("dnsbl wild6.bl.example\n");
    dns_server_tell(&server,
                    "add 1.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.wild6.bl.example"
                    " 300 A 127.0.0.2");
    dns_server_tell(&server,
                    "add 1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.wild6.bl.example"
                    " 300 A 127.0.0.2");
    assert_int_equal(ask("2001:db8::1").outcome, DNSBL_CLEAR);
    assert_true(counter_shows("emailgency_policyd_dnsbl_cut_out{zone=\"wild6.bl.example\"} 1\n"));
    clock_set(clock_wall(), now + 60000);
    wait_ms(1300); // the re-check asks for the test_entry that was listed, not for the other
    assert_true(counter_shows("emailgency_policyd_dnsbl_cut_out{zone=\"wild6.bl.example\"} 1\n"));
}

static void test_list_of_everybody_does_not_count_until_it_is_in_order(void **state)
{
    (void)state;
    int64_t now = clock_mono_ms();
    clock_set(clock_wall(), now);
    set_rows("dnsbl wild.bl.example\ndnsbl a.bl.example\n");
    dns_server_tell(&server, "add *.0.0.127.wild.bl.example 3600 A 127.0.0.2");
    dns_server_tell(&server, "add 3.2.0.192.wild.bl.example 3600 A 127.0.0.2");
    assert_int_equal(ask("192.0.2.3").outcome, DNSBL_CLEAR);
    assert_true(counter_shows("emailgency_policyd_dnsbl_cut_out{zone=\"wild.bl.example\"} 1\n"));
    assert_int_equal(ask("192.0.2.3").outcome, DNSBL_CLEAR);
    dns_server_tell(&server, "remove *.0.0.127.wild.bl.example");
    clock_set(clock_wall(), now + 60000);
    wait_ms(1300);
    assert_true(counter_shows("emailgency_policyd_dnsbl_cut_out{zone=\"wild.bl.example\"} 0\n"));
    assert_int_equal(ask("192.0.2.3").outcome, DNSBL_LISTED);
}

static void test_list_that_goes_wild_later_is_noticed_within_a_minute(void **state)
{
    (void)state;
    int64_t now = clock_mono_ms();
    clock_set(clock_wall(), now);
    set_rows("dnsbl later.bl.example\n");
    dns_server_tell(&server, "add 2.2.0.192.later.bl.example 3600 A 127.0.0.2");
    assert_int_equal(ask("192.0.2.2").outcome, DNSBL_LISTED);
    dns_server_tell(&server, "add 1.0.0.127.later.bl.example 3600 A 203.0.113.80");
    clock_set(clock_wall(), now + 60000);
    assert_int_equal(ask("192.0.2.2").outcome, DNSBL_CLEAR);
    dns_server_tell(&server, "remove 1.0.0.127.later.bl.example");
}

static void test_wild_allow_list_lets_nobody_in(void **state)
{
    (void)state;
    set_rows("dnsbl wildwl.example allow=true\ndnsbl a.bl.example\n");
    dns_server_tell(&server, "add *.2.0.192.wildwl.example 300 A 127.0.5.1");
    dns_server_tell(&server, "add *.0.0.127.wildwl.example 300 A 127.0.5.1");
    dns_server_tell(&server, "add 40.2.0.192.a.bl.example 300 A 127.0.0.2");
    assert_int_equal(ask("192.0.2.40").outcome, DNSBL_LISTED);
}

static void test_silent_list_delays_five_checks_and_no_more(void **state)
{
    (void)state;
    char client[32];
    int64_t now = clock_mono_ms();
    set_rows("dnsbl dead.bl.example\ndnsbl a.bl.example\n");
    dns_server_tell(&server, "silent dead.bl.example");
    dns_server_tell(&server, "add 19.2.0.192.a.bl.example 300 A 127.0.0.2");
    for (int i = 10; i < 15; i++) {
        snprintf(client, sizeof client, "192.0.2.%d", i);
        int64_t begin = clock_mono_us();
        assert_int_equal(ask(client).outcome, DNSBL_CLEAR);
        assert_in_range(clock_mono_us() - begin, 1000 * (WAIT_MS - 20), 1000 * (WAIT_MS + 400));
    }
    assert_true(counter_shows("emailgency_policyd_dnsbl_cut_out{zone=\"dead.bl.example\"} 1\n"));
    assert_true(counter_shows("emailgency_policyd_dnsbl_failures_total{zone=\"dead.bl.example\"} 5\n"));
    int64_t begin = clock_mono_ms();
    assert_int_equal(ask("192.0.2.19").outcome, DNSBL_LISTED);
    assert_in_range(clock_mono_ms() - begin, 0, WAIT_MS - 100);
    dns_server_tell(&server, "behave");
    clock_set(clock_wall(), now + 70000);
    wait_ms(1500);
    assert_true(counter_shows("emailgency_policyd_dnsbl_cut_out{zone=\"dead.bl.example\"} 0\n"));
}

static void test_refusing_list_is_cut_out(void **state)
{
    (void)state;
    char client[32];
    set_rows("dnsbl quota.bl.example\n");
    dns_server_tell(&server, "add *.2.0.192.quota.bl.example 300 A 127.255.255.254");
    dns_server_tell(&server, "add 1.0.0.127.quota.bl.example 300 A 127.255.255.254");
    for (int i = 10; i < 15; i++) {
        snprintf(client, sizeof client, "192.0.2.%d", i);
        assert_int_equal(ask(client).outcome, DNSBL_CLEAR);
    }
    assert_true(counter_shows("emailgency_policyd_dnsbl_cut_out{zone=\"quota.bl.example\"} 1\n"));
}

static void test_listing_without_an_answer_to_the_sentinel_does_not_count(void **state)
{
    (void)state;
    set_rows("dnsbl half.bl.example\n");
    dns_server_tell(&server, "add 31.2.0.192.half.bl.example 300 A 127.0.0.2");
    dns_server_tell(&server, "servfail 1.0.0.127.half.bl.example");
    assert_int_equal(ask("192.0.2.31").outcome, DNSBL_CLEAR);
}

static void test_failure_from_the_cache_is_not_counted_again(void **state)
{
    (void)state;
    set_rows("dnsbl once.bl.example\n");
    dns_server_tell(&server, "servfail once.bl.example");
    for (int i = 0; i < 20; i++)
        assert_int_equal(ask("192.0.2.90").outcome, DNSBL_CLEAR);
    assert_true(counter_shows("emailgency_policyd_dnsbl_queries_total{zone=\"once.bl.example\"} 20\n"));
    assert_true(counter_shows("emailgency_policyd_dnsbl_failures_total{zone=\"once.bl.example\"} 1\n"));
    assert_true(counter_shows("emailgency_policyd_dnsbl_cut_out{zone=\"once.bl.example\"} 0\n"));
}

static void test_row_may_go_while_its_list_is_rechecked(void **state)
{
    (void)state;
    int64_t now = clock_mono_ms();
    clock_set(clock_wall(), now);
    set_rows("dnsbl gone.bl.example\n");
    dns_server_tell(&server, "add 1.0.0.127.gone.bl.example 300 A 127.0.0.2");
    dns_server_tell(&server, "add 91.2.0.192.gone.bl.example 300 A 127.0.0.2");
    assert_int_equal(ask("192.0.2.91").outcome, DNSBL_CLEAR);
    dns_server_tell(&server, "silent gone.bl.example");
    dns_server_tell(&server, "count");
    clock_set(clock_wall(), now + 60000);
    wait_ms(1200);
    assert_int_not_equal(dns_server_tell(&server, "count"), 0);
    set_rows("domain example.com\n");
    assert_int_equal(ask("192.0.2.91").outcome, DNSBL_CLEAR);
    assert_false(counter_shows("gone.bl.example"));
    wait_ms(WAIT_MS + 100);
}

static void test_bad_row_is_logged_once_in_ten_minutes(void **state)
{
    (void)state;
    const unsigned long long before = log_count(LOG_LEVEL_WARN);
    for (int i = 0; i < 10; i++) {
        set_rows("dnsbl bad.bl.example replies=256\ndnsbl bad2.bl.example replies=257\n");
        assert_int_equal(ask("192.0.2.91").outcome, DNSBL_CLEAR);
    }
    assert_int_equal(log_count(LOG_LEVEL_WARN) - before, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(list_of_everybody_by_ipv6_is_noticed),
        TEST(list_of_everybody_does_not_count_until_it_is_in_order),
        TEST(list_that_goes_wild_later_is_noticed_within_a_minute),
        TEST(wild_allow_list_lets_nobody_in),
        TEST(silent_list_delays_five_checks_and_no_more),
        TEST(refusing_list_is_cut_out),
        TEST(listing_without_an_answer_to_the_sentinel_does_not_count),
        TEST(failure_from_the_cache_is_not_counted_again),
        TEST(row_may_go_while_its_list_is_rechecked),
        TEST(bad_row_is_logged_once_in_ten_minutes),
    };
    dns_server_start(&server, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dns_server_stop(&server);
    return failed;
}
