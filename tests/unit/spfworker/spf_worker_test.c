// SPDX-License-Identifier: BSD-2-Clause
// Verdicts on their way to the caller, and the DNS queries. tests/cases/spf has the verdicts themselves.
#include "spf_worker_fixture.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

static struct spf_client *client;

static int set_up(void **state)
{
    (void)state;
    dns_server_tell(&server, "behave");
    dns_server_tell(&server, "count");
    return 0;
}

static void every_result_comes_through(void **state)
{
    (void)state;
    dns_server_tell(&server, "add r.example 60 TXT \"v=spf1 ip4:192.0.2.1 ~ip4:192.0.2.2 ?ip4:192.0.2.3 "
                             "ip6:2001:db8::/32 exp=why.r.example -all\"");
    dns_server_tell(&server, "add why.r.example 60 TXT \"%%{i} is not of %%{o}\"");
    dns_server_tell(&server, "add bad.example 60 TXT \"v=spf1 ip4:192.0.2.1/99 -all\"");
    expect(client, "192.0.2.1", "a@r.example", SPF_PASS, SPF_NO_PROBLEM);
    expect(client, "192.0.2.2", "a@r.example", SPF_SOFTFAIL, SPF_NO_PROBLEM);
    expect(client, "192.0.2.3", "a@r.example", SPF_NEUTRAL, SPF_NO_PROBLEM);
    expect(client, "2001:db8::7", "a@r.example", SPF_PASS, SPF_NO_PROBLEM);
    expect(client, "192.0.2.1", "a@bad.example", SPF_PERMERROR, SPF_SYNTAX);
    expect(client, "192.0.2.1", "a@nothing.example", SPF_NONE, SPF_NO_RECORD);
    struct mail mail = {.client = client, .ip = "198.51.100.1", .sender = "a@r.example"};
    mail_check(&mail);
    assert_int_equal(mail.verdict.result, SPF_FAIL);
    assert_string_equal(mail.verdict.explanation, "198.51.100.1 is not of r.example");
    assert_string_equal(mail.verdict.term, "-all");
    assert_true(strlen(mail.verdict.trace) > 20);
}

static void a_check_that_is_known_asks_nobody(void **state)
{
    (void)state;
    dns_server_tell(&server,
                    "add warm.example 60 TXT \"v=spf1 a:h.warm.example include:i.warm.example -all\"");
    dns_server_tell(&server, "add h.warm.example 60 A 192.0.2.9");
    dns_server_tell(&server, "add i.warm.example 60 TXT \"v=spf1 ip4:192.0.2.1 -all\"");
    expect(client, "192.0.2.1", "a@warm.example", SPF_PASS, SPF_NO_PROBLEM);
    assert_int_equal(dns_server_tell(&server, "count"), 3);
    expect(client, "192.0.2.1", "b@WARM.example", SPF_PASS, SPF_NO_PROBLEM);
    expect(client, "192.0.2.2", "c@warm.example", SPF_FAIL, SPF_NO_PROBLEM);
    assert_int_equal(dns_server_tell(&server, "count"), 0);
}

static void local_parts_are_asked_as_they_are(void **state)
{
    (void)state;
    dns_server_tell(&server, "add l.example 60 TXT \"v=spf1 exists:%%{l}._u.l.example -all\"");
    dns_server_tell(&server, "add a\\;\\$b+c._u.l.example 60 A 127.0.0.2");
    expect(client, "192.0.2.1", "a;$b+c@l.example", SPF_PASS, SPF_NO_PROBLEM);
    expect(client, "192.0.2.1", "other@l.example", SPF_FAIL, SPF_NO_PROBLEM);
}

static void an_answer_too_long_for_udp_is_taken(void **state)
{
    (void)state;
    dns_server_tell(&server, "add tcp.example 60 TXT \"v=spf1 ip4:192.0.2.1 -all\"");
    dns_server_tell(&server, "truncate tcp.example");
    expect(client, "192.0.2.1", "a@tcp.example", SPF_PASS, SPF_NO_PROBLEM);
}

static void dns_that_is_silent_or_broken_is_a_temperror(void **state)
{
    (void)state;
    dns_server_tell(&server, "silent silent.example");
    dns_server_tell(&server, "servfail servfail.example");
    dns_server_tell(&server, "garbage garbage.example");
    int64_t began = clock_mono_ms();
    expect(client, "192.0.2.1", "a@silent.example", SPF_TEMPERROR, SPF_DNS_FAILED);
    assert_in_range(clock_mono_ms() - began, DNS_TIMEOUT_MS - 10, DNS_TIMEOUT_MS + 2000);
    expect(client, "192.0.2.1", "a@servfail.example", SPF_TEMPERROR, SPF_DNS_FAILED);
    expect(client, "192.0.2.1", "a@garbage.example", SPF_TEMPERROR, SPF_DNS_FAILED);
}

static void a_check_ends_when_its_time_is_over(void **state)
{
    (void)state;
    struct spf_client_counts before, after;
    struct mail mail = {.client = client, .ip = "192.0.2.1", .sender = "a@slow.example", .within_ms = 200};
    dns_server_tell(&server, "silent slow.example");
    spf_client_counts(client, &before);
    int64_t began = clock_mono_ms();
    mail_check(&mail);
    assert_in_range(clock_mono_ms() - began, 190, 1500);
    assert_int_equal(mail.verdict.result, SPF_TEMPERROR);
    assert_int_equal(mail.verdict.problem, SPF_TOO_SLOW);
    assert_string_equal(mail.verdict.domain, "slow.example");
    spf_client_counts(client, &after);
    assert_int_equal(after.slow, before.slow); // the worker said so itself
}

#define AT_ONCE 60
static void checks_wait_beside_one_another(void **state)
{
    static struct mail mails[AT_ONCE];
    static char senders[AT_ONCE][64];
    pthread_t threads[AT_ONCE];
    (void)state;
    dns_server_tell(&server, "add *.wait.example 60 TXT \"v=spf1 ip4:192.0.2.1 -all\"");
    dns_server_tell(&server, "slow wait.example 0.5");
    int64_t began = clock_mono_ms();
    for (unsigned i = 0; i < AT_ONCE; i++) {
        snprintf(senders[i], sizeof senders[i], "a@d%u.wait.example", i);
        mails[i] = (struct mail){.client = client, .ip = "192.0.2.1", .sender = senders[i]};
        threads[i] = mail_check_beside(&mails[i]);
    }
    for (unsigned i = 0; i < AT_ONCE; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(mails[i].verdict.result, SPF_PASS);
    }
    assert_in_range(clock_mono_ms() - began, 490, 8000);
}

static void more_than_there_is_room_for_is_a_temperror(void **state)
{
    (void)state;
    struct spf_client_counts counts;
    struct spf_client *small = make_client(1, 1);
    struct mail first = {.client = small, .ip = "192.0.2.1", .sender = "a@full.example"};
    struct mail second = {.client = small, .ip = "192.0.2.1", .sender = "a@r.example", .within_ms = 1};
    dns_server_tell(&server, "silent full.example");
    pthread_t thread = mail_check_beside(&first);
    sleep_ms(200);
    mail_check(&second);
    assert_int_equal(second.verdict.result, SPF_TEMPERROR);
    assert_int_equal(second.verdict.problem, SPF_WORKERS_BUSY);
    pthread_join(thread, NULL);
    assert_int_equal(first.verdict.problem, SPF_DNS_FAILED);
    spf_client_counts(small, &counts);
    assert_int_equal(counts.checks, 2);
    assert_int_equal(counts.busy, 1);
    assert_int_equal(counts.running, 1);
    spf_client_destroy(small);
}

// All of the above was done by the first workers: nothing that they are not allowed was needed.
static void no_worker_has_ended(void **state)
{
    struct spf_client_counts counts;
    (void)state;
    spf_client_counts(client, &counts);
    assert_int_equal(counts.restarts, 0);
    assert_int_equal(counts.lost, 0);
    assert_int_equal(counts.running, 2);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_result_comes_through),
        TEST(a_check_that_is_known_asks_nobody),
        TEST(local_parts_are_asked_as_they_are),
        TEST(an_answer_too_long_for_udp_is_taken),
        TEST(dns_that_is_silent_or_broken_is_a_temperror),
        TEST(a_check_ends_when_its_time_is_over),
        TEST(checks_wait_beside_one_another),
        TEST(more_than_there_is_room_for_is_a_temperror),
        TEST(no_worker_has_ended),
    };
    dns_server_start(&server, 0);
    client = make_client(2, 64);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    spf_client_destroy(client);
    dns_server_stop(&server);
    return failed;
}
