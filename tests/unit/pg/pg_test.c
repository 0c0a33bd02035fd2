// SPDX-License-Identifier: BSD-2-Clause
#include "pg/pg.h"

#include "base/clock.h"
#include "pg_fault_test.h"
#include "pg_probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int open_ready(void **state)
{
    struct probe *probe = malloc(sizeof *probe);
    probe_open(probe, 30000);
    probe_until_ready(probe, 1);
    *state = probe;
    return 0;
}

static int close_probe(void **state)
{
    probe_close(*state);
    free(*state);
    return 0;
}

static void test_answers_in_order(void **state)
{
    struct probe *probe = *state;
    assert_true(pg_ready(probe->pg));
    probe_send(probe, "select 1");
    probe_send(probe, "select nonsense");
    probe_send(probe, "select 3");
    assert_int_equal(probe->outcomes, 0);
    assert_int_equal(pg_waiting(probe->pg), 3);
    probe_until_outcomes(probe, 3);
    assert_int_equal(probe->rc[0], PG_OK);
    assert_int_equal(probe->rc[1], PG_ERROR);
    assert_int_equal(probe->rc[2], PG_OK);
    assert_string_equal(probe->state, "42703");
    assert_string_equal(probe->value, "3");
    assert_int_equal(pg_waiting(probe->pg), 0);
}

static void test_parameters_are_copied(void **state)
{
    struct probe *probe = *state;
    char text[] = "it's; \\ \"so\"";
    const char *values[] = {text, NULL, ""};
    probe_send_statement(
        probe, (struct pg_statement){.name = "echo",
                                     .sql = "select $1::text || coalesce($2::text, '-') || $3::text",
                                     .count = 3,
                                     .values = values});
    memset(text, 'x', sizeof text - 1);
    values[1] = text;
    probe_until_outcomes(probe, 1);
    assert_int_equal(probe->rc[0], PG_OK);
    assert_string_equal(probe->value, "it's; \\ \"so\"-");
}

static void test_bad_prepare_is_told_and_not_remembered(void **state)
{
    struct probe *probe = *state;
    const struct pg_statement late = {.name = "late", .sql = "select 1 from comes_later"};
    probe_send_statement(probe, late);
    probe_until_outcomes(probe, 1);
    assert_int_equal(probe->rc[0], PG_ERROR);
    assert_string_equal(probe->state, "42P01");
    assert_int_equal(probe_ask(probe, "create temporary table comes_later ()"), PG_OK);
    probe_send_statement(probe, late);
    probe_until_outcomes(probe, 3);
    assert_int_equal(probe->rc[2], PG_OK);
}

// The server says that the command is complete, then fails to commit.
static void test_failed_commit_is_an_error(void **state)
{
    struct probe *probe = *state;
    const char *values[] = {"1"};
    assert_int_equal(
        probe_ask(probe, "create temporary table late (a int unique deferrable initially deferred)"), PG_OK);
    for (unsigned i = 1; i < 3; i++) {
        probe_send_statement(probe, (struct pg_statement){
                                        .sql = "insert into late values ($1)", .count = 1, .values = values});
        probe_until_outcomes(probe, i + 1);
    }
    assert_int_equal(probe->rc[1], PG_OK);
    assert_int_equal(probe->rc[2], PG_ERROR);
    assert_string_equal(probe->state, "23505");
}

static void test_several_statements_have_one_outcome(void **state)
{
    struct probe *probe = *state;
    assert_int_equal(probe_ask(probe, "select 1; select 2"), PG_OK);
    assert_string_equal(probe->value, "2");
    assert_int_equal(probe_ask(probe, "select 1; select 1 / 0"), PG_ERROR);
    assert_string_equal(probe->state, "22012");
    assert_int_equal(probe_ask(probe, ""), PG_OK);
    assert_int_equal(probe->outcomes, 3);
}

static void test_rows_one_by_one(void **state)
{
    struct probe *probe = *state;
    const char *values[] = {"1000"};
    probe_send_statement(probe, (struct pg_statement){.sql = "select generate_series(1, $1::int)",
                                                      .count = 1,
                                                      .values = values,
                                                      .by_row = true});
    probe_until_outcomes(probe, 1);
    assert_int_equal(probe->rc[0], PG_OK);
    assert_int_equal(probe->rows, 1000);
    assert_string_equal(probe->value, "1000");
    probe_send_statement(probe, (struct pg_statement){.sql = "select 1 where false", .by_row = true});
    probe_until_outcomes(probe, 2);
    assert_int_equal(probe->rc[1], PG_OK);
    assert_int_equal(probe->rows, 1000);
}

static void test_error_behind_rows(void **state)
{
    struct probe *probe = *state;
    probe_send_statement(probe,
                         (struct pg_statement){.name = "rows",
                                               .sql = "select 1 / (500 - a) from generate_series(1, 1000) a",
                                               .by_row = true});
    probe_until_outcomes(probe, 1);
    assert_int_equal(probe->rc[0], PG_ERROR);
    assert_string_equal(probe->state, "22012");
    assert_int_equal(probe_ask(probe, "select 1"), PG_OK);
}

static void test_copy_gives_the_connection_up(void **state)
{
    struct probe *probe = *state;
    assert_int_equal(probe_ask(probe, "copy (select 1) to stdout"), PG_LOST);
    probe_until_ready(probe, 2);
    assert_int_equal(probe_ask(probe, "select 1"), PG_OK);
}

static void test_many_rows(void **state)
{
    struct probe *probe = *state;
    const int64_t start = clock_mono_ms();
    probe_send_statement(probe,
                         (struct pg_statement){
                             .sql = "select 'user' || a || '@example.com', 'example.com', false, true, 1000, "
                                    "a from generate_series(1, 200000) a",
                             .by_row = true});
    probe_until_outcomes(probe, 1);
    const int64_t ms = clock_mono_ms() - start;
    assert_int_equal(probe->rows, 200000);
    print_message("%lld rows per second\n", (long long)(200000000 / (ms ? ms : 1)));
}

static void send_large(struct probe *probe, size_t size)
{
    char *text = malloc(size + 1);
    memset(text, 'a', size);
    text[size] = '\0';
    const char *values[] = {text};
    probe_send_statement(probe,
                         (struct pg_statement){.sql = "select length($1)", .count = 1, .values = values});
    free(text);
}

static void test_statement_larger_than_the_socket(void **state)
{
    struct probe *probe = *state;
    send_large(probe, 20000000);
    probe_until_outcomes(probe, 1);
    assert_int_equal(probe->rc[0], PG_OK);
    assert_string_equal(probe->value, "20000000");
}

static void test_notifications(void **state)
{
    struct probe *probe = *state;
    struct probe other;
    assert_int_equal(probe_ask(probe, "listen rows"), PG_OK);
    probe_open(&other, 5000);
    probe_until_ready(&other, 1);
    assert_int_equal(probe_ask(&other, "notify rows"), PG_OK);
    probe_until_notified(probe, 1);
    assert_string_equal(probe->channel, "rows");
    probe_close(&other);
    // Its own, in the same read as the result.
    assert_int_equal(probe_ask(probe, "notify rows; select 1"), PG_OK);
    probe_until_notified(probe, 2);
}

static void destroy(struct probe *probe)
{
    struct pg *pg = probe->pg;
    probe->pg = NULL;
    pg_destroy(pg);
}

static void destroy_and_send(struct probe *probe)
{
    if (!probe->pg)
        return;
    struct pg *pg = probe->pg;
    probe_send(probe, "select 4");
    pg_destroy(pg);
    probe->pg = NULL;
}

static void reset(struct probe *probe)
{
    pg_reset(probe->pg, "requested by the test");
}

static void test_destroy_in_result(void **state)
{
    struct probe *probe = *state;
    probe->on_final = destroy;
    probe_send(probe, "select 1");
    probe_send(probe, "select 2");
    probe_send(probe, "select 3");
    probe_until_outcomes(probe, 3);
    assert_int_equal(probe->rc[0], PG_OK);
    assert_int_equal(probe->rc[1], PG_LOST);
    assert_int_equal(probe->rc[2], PG_LOST);
    probe_run_ms(probe, 20);
}

static void test_destroy_in_row(void **state)
{
    struct probe *probe = *state;
    probe->on_row = destroy;
    probe_send_statement(probe, (struct pg_statement){.sql = "select generate_series(1, 9)", .by_row = true});
    probe_send(probe, "select 2");
    probe_until_outcomes(probe, 2);
    assert_int_equal(probe->rows, 1);
    assert_int_equal(probe->rc[0], PG_LOST);
    probe_run_ms(probe, 20);
    assert_int_equal(probe->outcomes, 2);
}

static void test_reset_in_row(void **state)
{
    struct probe *probe = *state;
    probe->on_row = reset;
    probe_send_statement(probe, (struct pg_statement){.sql = "select generate_series(1, 9)", .by_row = true});
    probe_until_outcomes(probe, 1);
    assert_int_equal(probe->rc[0], PG_LOST);
    assert_int_equal(probe->rows, 1);
    probe_until_ready(probe, 2);
}

static void test_destroy_among_the_lost(void **state)
{
    struct probe *probe = *state;
    probe->on_final = destroy_and_send;
    for (int i = 0; i < 3; i++)
        probe_send(probe, "select 1");
    pg_reset(probe->pg, "requested by the test");
    probe_until_outcomes(probe, 3);
    probe_run_ms(probe, 100);
    assert_int_equal(probe->outcomes, 4);
}

static void test_destroy_when_ready(void **state)
{
    struct probe probe;
    (void)state;
    probe_open(&probe, 5000);
    probe.on_ready = destroy;
    probe_until_ready(&probe, 1);
    probe_run_ms(&probe, 20);
    probe_close(&probe);
}

static void send_first(struct probe *probe)
{
    probe_send(probe, "set application_name = 'first'");
}

// A statement that was sent too early fails and does not run before what on_ready sends.
static void test_ready_comes_first(void **state)
{
    struct probe probe;
    (void)state;
    probe_open(&probe, 5000);
    probe.on_ready = send_first;
    assert_int_equal(probe_ask(&probe, "select 1"), PG_LOST);
    probe_until_outcomes(&probe, 2);
    assert_int_equal(probe_ask(&probe, "show application_name"), PG_OK);
    assert_string_equal(probe.value, "first");
    probe_close(&probe);
}

static void test_back_off(void **state)
{
    struct probe probe;
    (void)state;
    probe_open_conninfo(&probe, "host=/nowhere/at/all", 1000);
    probe_run_ms(&probe, 300);
    assert_int_equal(probe.ready, 0);
    assert_int_equal(probe_ask(&probe, "select 1"), PG_LOST);
    probe_close(&probe);
}

static void test_conninfo(void **state)
{
    struct problem problem;
    (void)state;
    assert_true(pg_check_conninfo("host=/run/postgresql dbname=emailgency", &problem));
    assert_true(pg_check_conninfo("postgresql://a,b/x?target_session_attrs=read-write", &problem));
    assert_false(pg_check_conninfo("hots=x", &problem));
    assert_non_null(strstr(problem.text, "hots"));
    assert_false(pg_check_conninfo("no connection string", &problem));
}

#define WITH_PROBE(test) cmocka_unit_test_setup_teardown(test, open_ready, close_probe)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PROBE(test_answers_in_order),
        WITH_PROBE(test_parameters_are_copied),
        WITH_PROBE(test_bad_prepare_is_told_and_not_remembered),
        WITH_PROBE(test_failed_commit_is_an_error),
        WITH_PROBE(test_several_statements_have_one_outcome),
        WITH_PROBE(test_rows_one_by_one),
        WITH_PROBE(test_error_behind_rows),
        WITH_PROBE(test_copy_gives_the_connection_up),
        WITH_PROBE(test_many_rows),
        WITH_PROBE(test_statement_larger_than_the_socket),
        WITH_PROBE(test_notifications),
        WITH_PROBE(test_destroy_in_result),
        WITH_PROBE(test_destroy_in_row),
        WITH_PROBE(test_reset_in_row),
        WITH_PROBE(test_destroy_among_the_lost),
        cmocka_unit_test(test_destroy_when_ready),
        cmocka_unit_test(test_ready_comes_first),
        cmocka_unit_test(test_back_off),
        cmocka_unit_test(test_conninfo),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return failed + pg_fault_test();
}
