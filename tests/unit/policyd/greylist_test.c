// SPDX-License-Identifier: BSD-2-Clause
// Greylisting against a real PostgreSQL, whose rows are aged by hand.
#include "greylist_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool client_is_counted(void *arg)
{
    return strcmp(database_value("select coalesce(max(passes), 0) from greylist_client"), arg) == 0;
}

static void test_waits_then_passes_then_is_known(void **state)
{
    struct answer answer = {.times = 0};
    (void)state;
    assert_false(passes("n.example", "a@b.example"));
    assert_false(passes("n.example", "a@b.example"));
    age("121 s");
    assert_true(passes("n.example", "a@b.example"));
    (void)database_value("truncate greylist, greylist_client");
    assert_null(ask("n.example", "a@b.example", &answer));
    assert_int_equal(answer.times, 1);
    assert_int_equal(answer.outcome, GREYLIST_PASS);
    assert_string_equal(count_rows(), "0");
}

static void test_what_another_node_passed_passes(void **state)
{
    (void)state;
    (void)database_value("insert into greylist (client, sender, recipient, first_seen, passed_at) values "
                         "('n.example', 'a@b.example', 'user@example.com', now() - interval '1 day', now())");
    assert_true(passes("n.example", "a@b.example"));
}

static void test_named_client_is_trusted_after_one_pass(void **state)
{
    (void)state;
    assert_false(passes("n.example", "a@b.example"));
    age("121 s");
    assert_true(passes("n.example", "a@b.example"));
    database_run_until(base, client_is_counted, "1");
    assert_true(passes("n.example", "other@b.example"));
    assert_string_equal(count_rows(), "1");
    (void)database_value("truncate greylist, greylist_client");
    assert_true(passes("n.example", "third@b.example")); // the client itself is known here now
}

static void test_unnamed_client_is_trusted_after_three_passes_apart(void **state)
{
    static const char *const senders[] = {"a@b.example", "b@b.example", "c@b.example"};
    (void)state;
    for (int i = 0; i < 3; i++) {
        char wanted[2] = {(char)('1' + i)};
        assert_false(passes("198.51.1.0/24", senders[i]));
        age("121 s");
        assert_true(passes("198.51.1.0/24", senders[i]));
        database_run_until(base, client_is_counted, wanted);
        (void)database_value("update greylist_client set last_pass = last_pass - interval '2 hours'");
    }
    assert_true(passes("198.51.1.0/24", "d@b.example"));
    assert_string_equal(count_rows(), "3");
}

static void test_full_network_shares_one_row(void **state)
{
    char sender[32];
    struct answer answer = {.times = 0};
    (void)state;
    for (int i = 0; i < 10; i++) {
        snprintf(sender, sizeof sender, "s%d@b.example", i);
        assert_false(passes("198.51.1.0/24", sender));
    }
    assert_string_equal(count_rows(), "4");
    assert_string_equal(
        database_value("select client || sender || recipient from greylist where sender = '*'"),
        "198.51.1.0/24**");
    age("121 s");
    assert_true(passes("198.51.1.0/24", "late@b.example"));
    assert_string_equal(database_value("select count(*) from greylist_client"), "0");
    (void)database_value("truncate greylist");
    assert_null(ask("198.51.1.0/24", "later@b.example", &answer)); // that the row has passed is known here
    assert_int_equal(answer.outcome, GREYLIST_PASS);
}

static bool is_own_row(const char *sender)
{
    return strcmp(database_value("select count(*) from greylist where sender = '%s'", sender), "1") == 0;
}

// The cap is three: what waits is counted once however often it asks, what has passed no more.
static void test_pending_rows_are_counted_exactly(void **state)
{
    struct answer answers[5] = {{.times = 0}};
    (void)state;
    for (int i = 0; i < 6; i++)
        assert_false(passes("198.51.1.0/24", "a@b.example"));
    for (int i = 0; i < 5; i++)
        (void)ask("198.51.1.0/24", "b@b.example", &answers[i]);
    database_run_until(base, is_answered, &answers[4]);
    (void)database_value(
        "update greylist set first_seen = first_seen - interval '121 s' where sender ~ '^a'");
    assert_true(passes("198.51.1.0/24", "a@b.example")); // leaves b alone
    assert_false(passes("198.51.1.0/24", "c@b.example"));
    assert_false(passes("198.51.1.0/24", "d@b.example"));
    assert_true(is_own_row("c@b.example") && is_own_row("d@b.example"));
    assert_false(passes("198.51.1.0/24", "e@b.example"));
    assert_false(is_own_row("e@b.example"));
}

// A row of one's own goes on counting where its network is full by now.
static void test_who_waits_in_a_full_network_passes_by_the_own_row(void **state)
{
    (void)state;
    assert_false(passes("198.51.1.0/24", "a@b.example"));
    assert_false(passes("198.51.1.0/24", "b@b.example"));
    assert_false(passes("198.51.1.0/24", "c@b.example"));
    age("121 s");
    assert_true(passes("198.51.1.0/24", "b@b.example"));
    assert_true(passes("198.51.1.0/24", "a@b.example"));
    assert_string_equal(count_rows(), "3");
}

static void test_networks_do_not_share_their_cap(void **state)
{
    struct answer answers[30] = {{.times = 0}};
    char sender[32];
    (void)state;
    for (int i = 0; i < 30; i++) {
        snprintf(sender, sizeof sender, "s%d@b.example", i);
        (void)ask_of(greylist, "n.example", i / 3, sender, "user@example.com", on_answer, &answers[i]);
    }
    database_run_until(base, is_answered, &answers[29]);
    assert_string_equal(count_rows(), "30");
}

static void test_one_statement_for_a_loop_turn(void **state)
{
    struct answer answers[100] = {{.times = 0}};
    char sender[32];
    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(sender, sizeof sender, "s%d@b.example", i / 2);
        (void)ask_of(greylist, "n.example", i / 2 / 3, sender, "user@example.com", on_answer, &answers[i]);
    }
    for (int i = 0; i < 100; i++) {
        database_run_until(base, is_answered, &answers[i]);
        assert_int_equal(answers[i].outcome, GREYLIST_DEFER);
    }
    assert_string_equal(count_rows(), "50");
    assert_string_equal(database_value("select count(distinct xmin::text) from greylist"), "1");
}

static void test_two_nodes_merge(void **state)
{
    struct answer answers[2][60] = {{{.times = 0}}};
    char sender[32];
    struct greylist *other = greylist_open();
    (void)state;
    database_run_until(base, is_connected, other);
    (void)database_value("truncate greylist");
    for (int i = 0; i < 60; i++) {
        snprintf(sender, sizeof sender, "s%d@b.example", i);
        (void)ask_of(greylist, "n.example", i / 3, sender, "u@example.com", on_answer, &answers[0][i]);
        snprintf(sender, sizeof sender, "s%d@b.example", 59 - i);
        (void)ask_of(other, "n.example", (59 - i) / 3, sender, "u@example.com", on_answer, &answers[1][i]);
    }
    for (int i = 0; i < 120; i++) {
        database_run_until(base, is_answered, &answers[i / 60][i % 60]);
        assert_int_equal(answers[i / 60][i % 60].outcome, GREYLIST_DEFER);
    }
    assert_string_equal(count_rows(), "60");
    greylist_destroy(other);
    age("121 s");
    struct answer later = {.times = 0};
    (void)ask_of(greylist, "n.example", 0, "s1@b.example", "u@example.com", on_answer, &later);
    database_run_until(base, is_answered, &later);
    assert_int_equal(later.outcome, GREYLIST_PASS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, greylist_setup, greylist_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_waits_then_passes_then_is_known),
        TEST(test_what_another_node_passed_passes),
        TEST(test_named_client_is_trusted_after_one_pass),
        TEST(test_unnamed_client_is_trusted_after_three_passes_apart),
        TEST(test_full_network_shares_one_row),
        TEST(test_pending_rows_are_counted_exactly),
        TEST(test_who_waits_in_a_full_network_passes_by_the_own_row),
        TEST(test_networks_do_not_share_their_cap),
        TEST(test_one_statement_for_a_loop_turn),
        TEST(test_two_nodes_merge),
    };
    return cmocka_run_group_tests(tests, database_setup, database_teardown);
}
