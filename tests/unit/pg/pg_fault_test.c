// SPDX-License-Identifier: BSD-2-Clause
#include "pg_fault_test.h"

#include "base/clock.h"
#include "pg_probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void test_notices_death_while_idle(void **state)
{
    struct probe probe;
    (void)state;
    probe_open(&probe, 5000);
    probe_until_ready(&probe, 1);
    kill(probe_postmaster(), SIGKILL);
    const int64_t start = clock_mono_ms();
    while (pg_ready(probe.pg) && clock_mono_ms() - start < 3000)
        probe_run_ms(&probe, 50);
    assert_false(pg_ready(probe.pg));
    assert_int_equal(probe_ask(&probe, "select 1"), PG_LOST);
    probe_start_server();
    probe_until_ready(&probe, 2);
    assert_int_equal(probe_ask(&probe, "select 1"), PG_OK);
    probe_close(&probe);
}

static void test_statements_under_way_are_lost(void **state)
{
    struct probe probe;
    (void)state;
    probe_open(&probe, 5000);
    probe_until_ready(&probe, 1);
    probe_send(&probe, "select pg_sleep(30)");
    probe_send(&probe, "select 2");
    probe_send(&probe, "select 3");
    probe_run_ms(&probe, 200);
    kill(probe_postmaster(), SIGKILL);
    assert_int_equal(pg_waiting(probe.pg), 3);
    pg_reset(probe.pg, "requested by the test");
    assert_int_equal(probe.outcomes, 0);
    probe_until_outcomes(&probe, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(probe.rc[i], PG_LOST);
    assert_int_equal(pg_waiting(probe.pg), 0);
    probe_start_server();
    probe_until_ready(&probe, 2);
    probe_close(&probe);
}

static int backend(struct probe *probe)
{
    assert_int_equal(probe_ask(probe, "select pg_backend_pid()"), PG_OK);
    return atoi(probe->value);
}

static void test_terminated_backend(void **state)
{
    struct probe probe, other;
    char sql[64];
    (void)state;
    probe_open(&probe, 5000);
    probe_open(&other, 5000);
    probe_until_ready(&probe, 1);
    probe_until_ready(&other, 1);
    snprintf(sql, sizeof sql, "select pg_terminate_backend(%d)", backend(&probe));
    assert_int_equal(probe_ask(&other, sql), PG_OK);
    probe_until_ready(&probe, 2);
    assert_int_equal(probe_ask(&probe, "select 1"), PG_OK);
    probe_close(&probe);
    probe_close(&other);
}

static void test_stopped_backend_times_out(void **state)
{
    struct probe probe;
    (void)state;
    probe_open(&probe, 400);
    probe_until_ready(&probe, 1);
    const int pid = backend(&probe);
    const unsigned before = probe.outcomes;
    kill(pid, SIGSTOP);
    const int64_t start = clock_mono_ms();
    probe_send(&probe, "select 1");
    probe_send(&probe, "select 2");
    probe_until_outcomes(&probe, before + 2);
    assert_in_range(clock_mono_ms() - start, 390, 1500);
    assert_int_equal(probe.rc[before], PG_TIMEOUT);
    assert_int_equal(probe.rc[before + 1], PG_LOST);
    probe_until_ready(&probe, 2);
    assert_int_equal(probe_ask(&probe, "select 1"), PG_OK);
    kill(pid, SIGCONT);
    probe_close(&probe);
}

static void test_stopped_postmaster_delays_only_the_connection(void **state)
{
    struct probe probe;
    (void)state;
    const int pid = probe_postmaster();
    kill(pid, SIGSTOP);
    probe_open(&probe, 300);
    probe_run_ms(&probe, 1000);
    assert_int_equal(probe.ready, 0);
    assert_int_equal(probe_ask(&probe, "select 1"), PG_LOST);
    kill(pid, SIGCONT);
    probe_until_ready(&probe, 1);
    probe_close(&probe);
}

static void test_tries_the_next_host_after_a_hanging_one(void **state)
{
    struct probe probe;
    char conninfo[200];
    (void)state;
    // A socket that accepts and then sends nothing.
    char folder[] = "/tmp/pg_test.XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct sockaddr_un deaf = {.sun_family = AF_UNIX};
    snprintf(deaf.sun_path, sizeof deaf.sun_path, "%s/.s.PGSQL.5432", folder);
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&deaf, (socklen_t)sizeof deaf), 0);
    assert_int_equal(listen(fd, 8), 0);
    snprintf(conninfo, sizeof conninfo, "host=%s,%s user=postgres dbname=postgres", folder,
             getenv("PG_TEST_HOST"));
    probe_open_conninfo(&probe, conninfo, 300);
    probe_until_ready(&probe, 1);
    assert_int_equal(probe_ask(&probe, "select 1"), PG_OK);
    probe_close(&probe);
    close(fd);
    unlink(deaf.sun_path);
    rmdir(folder);
}

static struct pg_statement by_name(const char *name, const char *sql)
{
    return (struct pg_statement){.name = name, .sql = sql};
}

static void test_prepared_again_on_a_new_connection(void **state)
{
    struct probe probe;
    (void)state;
    probe_open(&probe, 5000);
    probe_until_ready(&probe, 1);
    for (unsigned i = 0; i < 3; i++) {
        probe_send_statement(&probe, by_name("one", "select 1"));
        probe_until_outcomes(&probe, i + 1);
        assert_int_equal(probe.rc[i], PG_OK);
        pg_reset(probe.pg, "requested by the test");
        assert_false(pg_ready(probe.pg));
        probe_until_ready(&probe, i + 2);
    }
    probe_close(&probe);
}

static void expect_lost_then_ok(struct probe *probe, struct pg_statement statement)
{
    const unsigned outcomes = probe->outcomes, ready = probe->ready;
    probe_send_statement(probe, statement);
    probe_until_outcomes(probe, outcomes + 1);
    assert_int_equal(probe->rc[outcomes], PG_LOST);
    probe_until_ready(probe, ready + 1);
    probe_send_statement(probe, statement);
    probe_until_outcomes(probe, outcomes + 2);
    assert_int_equal(probe->rc[outcomes + 1], PG_OK);
}

static void test_stale_prepared_statement(void **state)
{
    struct probe probe;
    const struct pg_statement all = by_name("all", "select * from changing");
    (void)state;
    probe_open(&probe, 5000);
    probe_until_ready(&probe, 1);
    assert_int_equal(probe_ask(&probe, "create table changing (a int)"), PG_OK);
    probe_send_statement(&probe, all);
    probe_until_outcomes(&probe, 2);
    assert_int_equal(probe_ask(&probe, "alter table changing add b int"), PG_OK);
    expect_lost_then_ok(&probe, all);
    assert_int_equal(probe_ask(&probe, "deallocate all"), PG_OK);
    expect_lost_then_ok(&probe, all);
    assert_int_equal(probe_ask(&probe, "drop table changing"), PG_OK);
    probe_close(&probe);
}

static void test_read_only_server_is_left(void **state)
{
    struct probe probe;
    (void)state;
    probe_open(&probe, 5000);
    probe_until_ready(&probe, 1);
    assert_int_equal(probe_ask(&probe, "set default_transaction_read_only = on"), PG_OK);
    assert_int_equal(probe_ask(&probe, "create table refused (a int)"), PG_LOST);
    probe_until_ready(&probe, 2);
    probe_close(&probe);
}

int pg_fault_test(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_notices_death_while_idle),
        cmocka_unit_test(test_statements_under_way_are_lost),
        cmocka_unit_test(test_terminated_backend),
        cmocka_unit_test(test_stopped_backend_times_out),
        cmocka_unit_test(test_stopped_postmaster_delays_only_the_connection),
        cmocka_unit_test(test_tries_the_next_host_after_a_hanging_one),
        cmocka_unit_test(test_prepared_again_on_a_new_connection),
        cmocka_unit_test(test_stale_prepared_statement),
        cmocka_unit_test(test_read_only_server_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
