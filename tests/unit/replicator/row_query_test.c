// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/row_query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void columns_come_from_the_schema(void **state)
{
    char sql[ROW_QUERY_MAX];

    (void)state;
    row_query_rows(DIRECTORY_DOMAIN_ALIAS, ROW_QUERY_ALL, sql);
    assert_string_equal(sql, "select name, domain from emailgency.domain_alias order by name collate \"C\"");
    row_query_rows(DIRECTORY_ALIAS, ROW_QUERY_KEYED, sql);
    assert_string_equal(sql, "select address, target from emailgency.alias where address = any ($1::text[]) "
                             "order by address collate \"C\", target collate \"C\"");
}

static void test_m4_white_lists_are_read_by_entry(void **state)
{
    char sql[ROW_QUERY_MAX];

    (void)state;
    row_query_rows(DIRECTORY_WHITELIST, ROW_QUERY_KEYED, sql);
    assert_string_equal(sql,
                        "select domain, entry from emailgency.whitelist where (domain, entry) in (select "
                        "split_part(k, ' ', 1), substr(k, strpos(k, ' ') + 1) from unnest($1::text[]) k) "
                        "order by domain collate \"C\", entry collate \"C\"");
    row_query_rows(DIRECTORY_WHITELIST, ROW_QUERY_AFTER, sql);
    assert_string_equal(sql, "select domain, entry from emailgency.whitelist where (domain collate \"C\", "
                             "entry collate \"C\") > ($1, $2) order by domain collate \"C\", "
                             "entry collate \"C\" limit 5000");
}

static void every_kind_fits(void **state)
{
    char sql[ROW_QUERY_MAX];

    (void)state;
    for (unsigned kind = 0; kind < DIRECTORY_KINDS; kind++) {
        row_query_rows((enum directory_kind)kind, ROW_QUERY_KEYED, sql);
        assert_true(strlen(sql) < ROW_QUERY_MAX - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_come_from_the_schema),
        cmocka_unit_test(test_m4_white_lists_are_read_by_entry),
        cmocka_unit_test(every_kind_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
