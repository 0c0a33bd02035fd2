// SPDX-License-Identifier: BSD-2-Clause
// Workers that end, and name servers that come and go.
#include "spf_worker_fixture.h"

#include "base/clock.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int set_up(void **state)
{
    (void)state;
    dns_server_tell(&server, "behave");
    dns_server_tell(&server, "add *.ok.example 60 TXT \"v=spf1 ip4:192.0.2.1 -all\"");
    return 0;
}

#define AT_ONCE 20
static void checks_outlive_a_worker_that_is_killed(void **state)
{
    static struct mail mails[AT_ONCE];
    static char senders[AT_ONCE][64];
    struct spf_client_counts counts;
    pthread_t threads[AT_ONCE];
    (void)state;
    struct spf_client *client = make_client(1, 32);
    dns_server_tell(&server, "slow ok.example 0.6");
    for (unsigned i = 0; i < AT_ONCE; i++) {
        snprintf(senders[i], sizeof senders[i], "a@d%u.ok.example", i);
        mails[i] = (struct mail){.client = client, .ip = "192.0.2.1", .sender = senders[i]};
        threads[i] = mail_check_beside(&mails[i]);
    }
    sleep_ms(300);
    assert_int_equal(kill(find_worker(0), SIGKILL), 0);
    for (unsigned i = 0; i < AT_ONCE; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(mails[i].verdict.result, SPF_PASS);
    }
    spf_client_counts(client, &counts);
    assert_int_equal(counts.restarts, 1);
    assert_int_equal(counts.lost, 0);
    spf_client_destroy(client);
}

static void a_check_that_loses_two_workers_is_a_temperror(void **state)
{
    struct spf_client_counts counts;
    (void)state;
    struct spf_client *client = make_client(1, 4);
    struct mail mail = {.client = client, .ip = "192.0.2.1", .sender = "a@Twice.ok.example"};
    dns_server_tell(&server, "slow ok.example 0.8");
    pthread_t thread = mail_check_beside(&mail);
    for (int i = 0; i < 2; i++) {
        sleep_ms(300);
        assert_int_equal(kill(find_worker(0), SIGKILL), 0);
    }
    pthread_join(thread, NULL);
    assert_int_equal(mail.verdict.result, SPF_TEMPERROR);
    assert_int_equal(mail.verdict.problem, SPF_WORKER_LOST);
    assert_string_equal(mail.verdict.domain, "twice.ok.example");
    assert_string_equal(mail.verdict.trace, "");
    expect(client, "192.0.2.1", "a@after.ok.example", SPF_PASS, SPF_NO_PROBLEM);
    spf_client_counts(client, &counts);
    assert_int_equal(counts.lost, 1);
    spf_client_destroy(client);
}

static void a_worker_is_confined(void **state)
{
    char path[64], line[128];
    unsigned seen = 0;
    (void)state;
    struct spf_client *client = make_client(1, 4);
    expect(client, "192.0.2.1", "a@x.ok.example", SPF_PASS, SPF_NO_PROBLEM);
    snprintf(path, sizeof path, "/proc/%d/status", (int)find_worker(0));
    FILE *status = fopen(path, "r");
    assert_non_null(status);
    while (fgets(line, sizeof line, status)) {
        seen += strcmp(line, "NoNewPrivs:\t1\n") == 0;
        seen += strcmp(line, "Seccomp:\t2\n") == 0;
        seen += strcmp(line, "CapEff:\t0000000000000000\n") == 0;
        seen += strcmp(line, "Threads:\t1\n") == 0;
        assert_null(strstr(line, "Uid:\t0"));
    }
    fclose(status);
    assert_int_equal(seen, 4);
    spf_client_destroy(client);
}

// libunbound needs no forbidden system call when servers time out, refuse and come back.
static void name_servers_may_come_and_go(void **state)
{
    struct spf_client_counts counts;
    (void)state;
    char sender[64];
    struct spf_client *client = make_client(1, 16);
    for (int round = 0; round < 2; round++) {
        unsigned port = server.port;
        dns_server_stop(&server);
        for (int i = 0; i < 2; i++) {
            snprintf(sender, sizeof sender, "a@away%d-%d.ok.example", round, i);
            expect(client, "192.0.2.1", sender, SPF_TEMPERROR, SPF_DNS_FAILED);
        }
        dns_server_start(&server, port);
        set_up(NULL);
        sleep_ms(6000); // libunbound leaves a server alone that did not answer
        for (int i = 0; i < 30; i++) {
            dns_server_tell(&server, i % 3 ? "behave" : "truncate ok.example");
            snprintf(sender, sizeof sender, "a@back%d-%d.ok.example", round, i);
            expect(client, "192.0.2.1", sender, SPF_PASS, SPF_NO_PROBLEM);
        }
    }
    spf_client_counts(client, &counts);
    assert_int_equal(counts.restarts, 0);
    spf_client_destroy(client);
}

static void a_worker_that_is_not_there_is_told_of(void **state)
{
    struct problem problem = {0};
    const struct spf_client_spec spec = {.worker = "/nowhere/emailgency-spf-worker"};
    (void)state;
    assert_null(spf_client_create(&spec, &problem));
    assert_string_equal(problem.text,
                        "cannot start /nowhere/emailgency-spf-worker: No such file or directory");
}

static void workers_that_cannot_run_hold_up_no_mail(void **state)
{
    struct problem problem = {0};
    struct spf_client_spec spec = {.worker = EMG_SPF_WORKER, .dns_servers = "no address"};
    (void)state;
    struct spf_client *client = spf_client_create(&spec, &problem);
    assert_non_null(client);
    struct mail mail = {.client = client, .ip = "192.0.2.1", .sender = "a@x.ok.example"};
    const int64_t end = clock_mono_ms() + 30000;
    do { // at first checks reach workers that end just then
        const int64_t began = clock_mono_ms();
        mail_check(&mail);
        assert_int_equal(mail.verdict.result, SPF_TEMPERROR);
        assert_true(clock_mono_ms() - began < 5000);
        sleep_ms(50);
    } while (mail.verdict.problem != SPF_NO_WORKER && clock_mono_ms() < end);
    assert_int_equal(mail.verdict.problem, SPF_NO_WORKER);
    spf_client_destroy(client);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(checks_outlive_a_worker_that_is_killed),
        TEST(a_check_that_loses_two_workers_is_a_temperror),
        TEST(a_worker_is_confined),
        TEST(name_servers_may_come_and_go),
        TEST(a_worker_that_is_not_there_is_told_of),
        TEST(workers_that_cannot_run_hold_up_no_mail),
    };
    dns_server_start(&server, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dns_server_stop(&server);
    return failed;
}
