// SPDX-License-Identifier: BSD-2-Clause
// Whole checks: rows in a replica, a DNS server that misbehaves, the real resolver.
#include "base/clock.h"
#include "dns_server.h"
#include "policyd/dnsbl.h"
#include "rows.h"
#include "scratch.h"

#include "base/counter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define WAIT_MS 500

static struct dns_server server;
static struct event_base *base;
static struct resolver *resolver;
static struct dnsbl *dnsbl;
static struct directory *directory;
static const char *folder;

struct seen {
    unsigned calls;
    struct dnsbl_result result;
};

static void set_rows(const char *text)
{
    char problem[256];
    directory_destroy(directory);
    if (!rows_load(folder, text, problem, sizeof problem))
        fail_msg("%s", problem);
    directory = directory_create(folder);
    assert_non_null(directory);
}

static int set_up(void **state)
{
    (void)state;
    char problem[200];
    struct resolver_spec spec = {server.address, WAIT_MS, 3600, 1000, 200};
    folder = scratch_make();
    base = event_base_new();
    resolver = resolver_create(base, &spec, problem, sizeof problem);
    dnsbl = dnsbl_create(base, resolver);
    directory = NULL;
    dns_server_tell(&server, "behave");
    return resolver && dnsbl ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    dnsbl_destroy(dnsbl);
    resolver_destroy(resolver);
    event_base_free(base);
    directory_destroy(directory);
    scratch_remove();
    clock_reset();
    return 0;
}

static void on_result(const struct dnsbl_result *result, void *arg)
{
    struct seen *seen = arg;
    seen->calls++;
    seen->result = *result;
}

static struct dnsbl_check *start(const char *client, struct seen *seen)
{
    const struct directory_snapshot *rows;
    struct ip ip;
    memset(seen, 0, sizeof *seen);
    assert_true(ip_parse(slice_from(client), &ip));
    assert_int_equal(directory_begin(directory, &rows), DIRECTORY_OK);
    struct dnsbl_check *check = dnsbl_ask(dnsbl, rows, &ip, WAIT_MS * 2, on_result, seen);
    directory_end(directory);
    return check;
}

static void wait_for(struct seen *seen)
{
    for (int turns = 0; seen->calls == 0 && turns < 1000; turns++)
        event_base_loop(base, EVLOOP_ONCE);
    assert_int_equal(seen->calls, 1);
}

static void wait_ms(int ms)
{
    struct timeval wait = {ms / 1000, ms % 1000 * 1000};
    event_base_loopexit(base, &wait);
    event_base_dispatch(base);
}

static struct dnsbl_result ask(const char *client)
{
    struct seen seen;
    struct dnsbl_check *check = start(client, &seen);
    assert_true(check ? seen.calls == 0 : seen.calls == 1);
    wait_for(&seen);
    return seen.result;
}

static bool counter_shows(const char *line)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    counter_print(out);
    fclose(out);
    bool found = strstr(text, line) != NULL;
    free(text);
    return found;
}

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

static void test_list_of_everybody_by_ipv6_is_noticed(void **state)
{
    (void)state;
    set_rows("dnsbl wild6.bl.example\n");
    dns_server_tell(&server,
                    "add 1.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.wild6.bl.example"
                    " 300 A 127.0.0.2");
    dns_server_tell(&server,
                    "add 1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.wild6.bl.example"
                    " 300 A 127.0.0.2");
    assert_int_equal(ask("2001:db8::1").outcome, DNSBL_CLEAR);
    assert_true(counter_shows("emailgency_policyd_dnsbl_cut_out{zone=\"wild6.bl.example\"} 1\n"));
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
    dns_server_tell(&server, "add 6.2.0.192.mute.bl.example 300 TXT \"never told\"");
    dns_server_tell(&server, "mute mute.bl.example");
    int64_t begin = clock_mono_ms();
    struct dnsbl_result result = ask("192.0.2.6");
    assert_int_equal(result.outcome, DNSBL_LISTED);
    assert_string_equal(result.text, "");
    assert_in_range(clock_mono_ms() - begin, WAIT_MS - 20, WAIT_MS * 2 + 200);
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

static void test_rows_are_followed(void **state)
{
    (void)state;
    struct seen seen;
    set_rows("dnsbl a.bl.example\n");
    dns_server_tell(&server, "add 50.2.0.192.a.bl.example 300 A 127.0.0.2");
    assert_int_equal(ask("192.0.2.50").outcome, DNSBL_LISTED);
    dns_server_tell(&server, "slow a.bl.example 0.2");
    start("192.0.2.51", &seen); // under way while its row goes
    set_rows("domain example.com\n");
    assert_int_equal(ask("192.0.2.50").outcome, DNSBL_CLEAR);
    assert_false(counter_shows("a.bl.example"));
    wait_for(&seen);
    set_rows("dnsbl a.bl.example replies=9\n");
    assert_int_equal(ask("192.0.2.50").outcome, DNSBL_CLEAR);
    assert_true(counter_shows("emailgency_policyd_dnsbl_queries_total{zone=\"a.bl.example\"} 1\n"));
}

static void test_row_broken_behind_the_constraints_back_is_left_out(void **state)
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
        TEST(list_of_everybody_by_ipv6_is_noticed),
        TEST(allow_list_wins_without_waiting_for_the_others),
        TEST(client_is_not_refused_while_an_allow_list_may_have_it),
        TEST(missing_text_costs_the_text_and_not_the_listing),
        TEST(list_of_everybody_does_not_count_until_it_is_in_order),
        TEST(list_that_goes_wild_later_is_noticed_within_a_minute),
        TEST(wild_allow_list_lets_nobody_in),
        TEST(silent_list_delays_five_checks_and_no_more),
        TEST(listing_counts_though_another_list_is_silent),
        TEST(refusing_list_is_cut_out),
        TEST(listing_without_an_answer_to_the_sentinel_does_not_count),
        TEST(rows_are_followed),
        TEST(row_broken_behind_the_constraints_back_is_left_out),
        TEST(lists_are_bounded),
        TEST(cancelled_check_is_silent),
    };
    dns_server_start(&server, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dns_server_stop(&server);
    return failed;
}
