// SPDX-License-Identifier: BSD-2-Clause
// Whole checks: rows in a replica, a real DNS server, the real resolver.
#include "base/clock.h"
#include "dnsbl_fixture.h"

#include <stdio.h>

static void test_listed_client_comes_with_zone_and_text(void **state)
{
    (void)state;
    set_rows("dnsbl a.bl.example weight=1\ndnsbl b.bl.example weight=2\nsetting dnsbl_threshold value=3\n");
    dns_server_tell(&server, "add 4.2.0.192.a.bl.example 300 A 127.0.0.2");
    dns_server_tell(&server, "add 4.2.0.192.b.bl.example 300 A 127.0.0.2");
    dns_server_tell(&server, "add 4.2.0.192.b.bl.example 300 TXT \"see b\\195\\164 \\013\\010x\"");
    struct dnsbl_result result = ask("192.0.2.4");
    assert_int_equal(result.outcome, DNSBL_LISTED);
    assert_int_equal(result.weight, 3);
    assert_string_equal(result.zone, "b.bl.example");
    assert_string_equal(result.text, "see b?? ??x");
    assert_true(counter_shows("emailgency_policyd_dnsbl_listed_total{zone=\"b.bl.example\"} 1\n"));
    assert_int_equal(ask("192.0.2.5").outcome, DNSBL_CLEAR);
}

static void test_known_client_is_answered_at_once(void **state)
{
    (void)state;
    struct seen seen;
    set_rows("dnsbl a.bl.example\ndnsbl c.bl.example\n");
    dns_server_tell(&server, "add 9.2.0.192.a.bl.example 300 A 127.0.0.2");
    ask("192.0.2.9");
    dns_server_tell(&server, "count");
    assert_null(start("192.0.2.9", &seen));
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.result.outcome, DNSBL_LISTED);
    assert_int_equal(dns_server_tell(&server, "count"), 0);
}

static void test_ipv6_client(void **state)
{
    (void)state;
    set_rows("dnsbl six.bl.example\n");
    dns_server_tell(&server,
                    "add 1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.six.bl.example"
                    " 300 A 127.0.0.2");
    assert_int_equal(ask("2001:db8::1").outcome, DNSBL_LISTED);
    assert_int_equal(ask("2001:db8::2").outcome, DNSBL_CLEAR);
}

static void test_allow_list_wins_without_waiting_for_the_others(void **state)
{
    (void)state;
    set_rows("dnsbl a.bl.example weight=9\ndnsbl slow.bl.example\ndnsbl wl.example allow=true\n");
    dns_server_tell(&server, "silent slow.bl.example");
    dns_server_tell(&server, "add 7.2.0.192.a.bl.example 300 A 127.0.0.2");
    dns_server_tell(&server, "add 7.2.0.192.wl.example 300 A 127.0.5.1");
    int64_t begin = clock_mono_ms();
    struct dnsbl_result result = ask("192.0.2.7");
    assert_int_equal(result.outcome, DNSBL_ALLOWED);
    assert_string_equal(result.zone, "wl.example");
    assert_in_range(clock_mono_ms() - begin, 0, WAIT_MS - 100);
}

static void test_client_is_not_refused_while_an_allow_list_may_have_it(void **state)
{
    (void)state;
    set_rows("dnsbl a.bl.example\ndnsbl wl.example allow=true\n");
    dns_server_tell(&server, "slow wl.example 0.3");
    dns_server_tell(&server, "add 8.2.0.192.a.bl.example 300 A 127.0.0.2");
    dns_server_tell(&server, "add 8.2.0.192.wl.example 300 A 127.0.5.1");
    assert_int_equal(ask("192.0.2.8").outcome, DNSBL_ALLOWED);
}

static void test_missing_text_costs_the_text_and_not_the_listing(void **state)
{
    (void)state;
    set_rows("dnsbl mute.bl.example\n");
    dns_server_tell(&server, "add 6.2.0.192.mute.bl.example 300 A 127.0.0.2");
    dns_server_tell(&server, "add 6.2.0.192.mute.bl.example 300 TXT \"never sent\"");
    dns_server_tell(&server, "mute mute.bl.example");
    int64_t begin = clock_mono_ms();
    struct dnsbl_result result = ask("192.0.2.6");
    assert_int_equal(result.outcome, DNSBL_LISTED);
    assert_string_equal(result.text, "");
    assert_in_range(clock_mono_ms() - begin, WAIT_MS - 20, WAIT_MS * 2 + 200);
}

static void test_listing_counts_though_another_list_is_silent(void **state)
{
    (void)state;
    set_rows("dnsbl dead.bl.example\ndnsbl a.bl.example\nsetting dnsbl_threshold value=2\n");
    dns_server_tell(&server, "silent dead.bl.example");
    dns_server_tell(&server, "add 21.2.0.192.a.bl.example 300 A 127.0.0.2");
    struct dnsbl_result result = ask("192.0.2.21");
    assert_int_equal(result.outcome, DNSBL_SUSPICIOUS);
    assert_string_equal(result.zone, "a.bl.example");
    assert_string_equal(result.text, "");
}

static void test_rows_are_followed(void **state)
{
    (void)state;
    struct seen seen;
    set_rows("dnsbl a.bl.example\n");
    dns_server_tell(&server, "add 50.2.0.192.a.bl.example 300 A 127.0.0.2");
    assert_int_equal(ask("192.0.2.50").outcome, DNSBL_LISTED);
    dns_server_tell(&server, "slow a.bl.example 0.2");
    start("192.0.2.51", &seen); // pending while its row is deleted
    set_rows("domain example.com\n");
    assert_int_equal(ask("192.0.2.50").outcome, DNSBL_CLEAR);
    assert_false(counter_shows("a.bl.example"));
    wait_for(&seen);
    set_rows("dnsbl a.bl.example replies=9\n");
    assert_int_equal(ask("192.0.2.50").outcome, DNSBL_CLEAR);
    assert_true(counter_shows("emailgency_policyd_dnsbl_queries_total{zone=\"a.bl.example\"} 1\n"));
}

static void test_row_that_bypassed_the_constraints_is_left_out(void **state)
{
    (void)state;
    set_rows("dnsbl a.bl.example\ndnsbl b.bl.example replies=127.0.0.x\n");
    dns_server_tell(&server, "add 55.2.0.192.b.bl.example 300 A 127.0.0.2");
    assert_int_equal(ask("192.0.2.55").outcome, DNSBL_CLEAR);
    assert_false(counter_shows("b.bl.example"));
}

static void test_lists_are_bounded(void **state)
{
    (void)state;
    char text[8192] = "";
    for (int i = 0; i < 70; i++)
        sprintf(text + strlen(text), "dnsbl n%02d.bl.example\n", i);
    set_rows(text);
    assert_int_equal(ask("192.0.2.70").outcome, DNSBL_CLEAR);
    assert_true(counter_shows("n63.bl.example"));
    assert_false(counter_shows("n64.bl.example"));
}

static void test_cancelled_check_is_silent(void **state)
{
    (void)state;
    struct seen seen;
    set_rows("dnsbl a.bl.example\n");
    dnsbl_cancel(start("192.0.2.80", &seen));
    start("192.0.2.81", &seen);
    dnsbl_destroy(dnsbl);
    dnsbl = NULL;
    wait_ms(100);
    assert_int_equal(seen.calls, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(listed_client_comes_with_zone_and_text),
        TEST(known_client_is_answered_at_once),
        TEST(ipv6_client),
        TEST(allow_list_wins_without_waiting_for_the_others),
        TEST(client_is_not_refused_while_an_allow_list_may_have_it),
        TEST(missing_text_costs_the_text_and_not_the_listing),
        TEST(listing_counts_though_another_list_is_silent),
        TEST(rows_are_followed),
        TEST(row_that_bypassed_the_constraints_is_left_out),
        TEST(lists_are_bounded),
        TEST(cancelled_check_is_silent),
    };
    dns_server_start(&server, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dns_server_stop(&server);
    return failed;
}
