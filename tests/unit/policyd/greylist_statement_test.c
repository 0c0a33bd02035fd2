// SPDX-License-Identifier: BSD-2-Clause
// The statements as two nodes run them on one database.
#include "policyd/greylist/greylist_statement.h"

#include "database_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static PGconn *node;

static int setup(void **state)
{
    (void)state;
    node = PQconnectdb(database_spec(NULL, 0).conninfo);
    if (PQstatus(node) != CONNECTION_OK)
        return -1;
    PQclear(PQexec(node, "set lock_timeout = '2s'"));
    (void)database_value("truncate greylist, greylist_client");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    PQfinish(node);
    return 0;
}

// "new", "known", … of the one row that comes back, "none" for none, or the error's code.
static const char *record(const char *clients, const char *senders, const char *recipients)
{
    static char answer[64];
    const char *const values[] = {clients, senders, recipients, "120", "86400", "3110400", "3", "1"};
    PGresult *result = PQexecParams(node, greylist_record_sql, 8, NULL, values, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        snprintf(answer, sizeof answer, "%s", PQresultErrorField(result, PG_DIAG_SQLSTATE));
    else if (PQntuples(result) == 0)
        snprintf(answer, sizeof answer, "%s", "none");
    else
        snprintf(answer, sizeof answer, "%s", PQgetvalue(result, 0, 4));
    PQclear(result);
    return answer;
}

static const char *pass(const char *clients, const char *interval)
{
    const char *const values[] = {clients, interval};
    PGresult *result = PQexecParams(node, greylist_pass_sql, 2, NULL, values, NULL, NULL, 0);
    const char *answer = PQresultStatus(result) == PGRES_COMMAND_OK ? "ok" : "refused";
    PQclear(result);
    return answer;
}

static void age(const char *interval)
{
    (void)database_value("update greylist set first_seen = first_seen - interval '%s', "
                         "last_seen = last_seen - interval '%s', passed_at = passed_at - interval '%s'",
                         interval, interval, interval);
}

static void test_from_new_to_known(void **state)
{
    (void)state;
    assert_string_equal(record("{n.example}", "{a@b}", "{c@d}"), "new");
    assert_string_equal(record("{n.example}", "{a@b}", "{c@d}"), "known");
    assert_string_equal(database_value("select passed_at is null from greylist"), "t");
    age("119 s");
    assert_string_equal(record("{n.example}", "{a@b}", "{c@d}"), "known");
    assert_string_equal(database_value("select passed_at is null from greylist"), "t");
    age("2 s");
    assert_string_equal(record("{n.example}", "{a@b}", "{c@d}"), "passed");
    assert_string_equal(record("{n.example}", "{a@b}", "{c@d}"), "known");
    assert_string_equal(database_value("select passed_at is not null from greylist"), "t");
    assert_string_equal(database_value("select count(*) from greylist"), "1");
}

static void test_waiting_ends_with_the_window(void **state)
{
    (void)state;
    (void)record("{n.example}", "{a@b}", "{c@d}");
    age("86401 s");
    assert_string_equal(record("{n.example}", "{a@b}", "{c@d}"), "new");
    assert_string_equal(database_value("select first_seen > now() - interval '1 min' from greylist"), "t");
}

static void test_a_pass_ends_with_the_lifetime(void **state)
{
    (void)state;
    (void)record("{n.example}", "{a@b}", "{c@d}");
    age("121 s");
    assert_string_equal(record("{n.example}", "{a@b}", "{c@d}"), "passed");
    age("3110000 s");
    assert_string_equal(record("{n.example}", "{a@b}", "{c@d}"), "known");
    assert_string_equal(database_value("select last_seen > now() - interval '1 min' from greylist"), "t");
    age("3110401 s");
    assert_string_equal(record("{n.example}", "{a@b}", "{c@d}"), "new");
    assert_string_equal(database_value("select passed_at is null from greylist"), "t");
}

// Moving last_seen costs an index entry.
static void test_last_seen_of_a_passed_row_moves_once_a_day(void **state)
{
    (void)state;
    (void)record("{n.example}", "{a@b}", "{c@d}");
    age("121 s");
    (void)record("{n.example}", "{a@b}", "{c@d}");
    age("23 h");
    (void)record("{n.example}", "{a@b}", "{c@d}");
    assert_string_equal(database_value("select last_seen < now() - interval '22 h' from greylist"), "t");
    age("2 h");
    (void)record("{n.example}", "{a@b}", "{c@d}");
    assert_string_equal(database_value("select last_seen < now() - interval '22 h' from greylist"), "f");
}

// A node whose transaction began earlier commits later.
static void test_the_earlier_first_seen_counts(void **state)
{
    (void)state;
    PQclear(PQexec(node, "begin"));
    PQclear(PQexec(node, "select now()"));
    (void)database_value("select pg_sleep(0.05)");
    (void)database_value(
        "insert into greylist (client, sender, recipient) values ('n.example', 'a@b', 'c@d')");
    (void)record("{n.example}", "{a@b}", "{c@d}");
    PQclear(PQexec(node, "commit"));
    assert_string_equal(database_value("select last_seen > first_seen from greylist"), "t");
}

static void test_one_pass_makes_a_named_client_trusted(void **state)
{
    (void)state;
    assert_string_equal(pass("{n.example}", "3600"), "ok");
    assert_string_equal(record("{n.example}", "{x@y}", "{c@d}"), "trusted");
    assert_string_equal(record("{other.example}", "{x@y}", "{c@d}"), "new");
    assert_string_equal(database_value("select count(*) from greylist"), "1");
}

static void test_three_passes_apart_make_a_network_trusted(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        (void)pass("{192.0.2.0/24}", "3600");
    assert_string_equal(record("{192.0.2.0/24}", "{x@y}", "{c@d}"), "new");
    for (int passes = 2; passes <= 3; passes++) {
        (void)database_value("update greylist_client set last_pass = last_pass - interval '3601 s'");
        (void)pass("{192.0.2.0/24}", "3600");
        (void)pass("{192.0.2.0/24}", "3600");
        assert_string_equal(record("{192.0.2.0/24}", "{x@y}", "{c@d}"), passes < 3 ? "known" : "trusted");
    }
    assert_string_equal(database_value("select passes from greylist_client"), "3");
}

static void test_trust_ends_with_the_lifetime(void **state)
{
    (void)state;
    (void)pass("{n.example}", "3600");
    (void)database_value("update greylist_client set last_pass = now() - interval '3110401 s'");
    assert_string_equal(record("{n.example}", "{x@y}", "{c@d}"), "new");
}

static void test_trust_lasts_while_it_is_used(void **state)
{
    (void)state;
    (void)pass("{n.example}", "3600");
    (void)database_value("update greylist_client set last_pass = now() - interval '20 days'");
    assert_string_equal(record("{n.example}", "{x@y}", "{c@d}"), "trusted");
    assert_string_equal(database_value("select last_pass > now() - interval '1 min' from greylist_client"),
                        "t");
}

// Another node that renews the same clients in another order must not hold us, or be held by us.
static void test_renewing_waits_for_nobody(void **state)
{
    (void)state;
    (void)pass("{a.example,b.example}", "3600");
    (void)database_value("update greylist_client set last_pass = now() - interval '2 days'");
    (void)database_value("begin");
    (void)database_value("select 1 from greylist_client where client = 'b.example' for update");
    assert_string_equal(record("{a.example,b.example}", "{x@y,x@y}", "{c@d,c@d}"), "trusted");
    (void)database_value("commit");
    assert_string_equal(database_value("select count(*) from greylist_client where last_pass > now() - "
                                       "interval '1 min'"),
                        "1");
}

static void test_zero_passes_trust_nobody(void **state)
{
    const char *const values[] = {"{n.example}", "{a@b}", "{c@d}", "120", "86400", "3110400", "0", "0"};
    (void)state;
    (void)pass("{n.example}", "3600");
    PGresult *result = PQexecParams(node, greylist_record_sql, 8, NULL, values, NULL, NULL, 0);
    assert_string_equal(PQgetvalue(result, 0, 4), "new");
    PQclear(result);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_from_new_to_known),
        TEST(test_waiting_ends_with_the_window),
        TEST(test_a_pass_ends_with_the_lifetime),
        TEST(test_last_seen_of_a_passed_row_moves_once_a_day),
        TEST(test_the_earlier_first_seen_counts),
        TEST(test_one_pass_makes_a_named_client_trusted),
        TEST(test_three_passes_apart_make_a_network_trusted),
        TEST(test_trust_ends_with_the_lifetime),
        TEST(test_trust_lasts_while_it_is_used),
        TEST(test_renewing_waits_for_nobody),
        TEST(test_zero_passes_trust_nobody),
    };
    return cmocka_run_group_tests(tests, database_setup, database_teardown);
}
