// SPDX-License-Identifier: BSD-2-Clause
#include "pg/pg_hosts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check(const char *conninfo, unsigned first, const char *host, const char *addr, const char *port)
{
    const struct pg_hosts hosts = pg_hosts_from(conninfo, first);
    const char *const have[] = {hosts.host, hosts.addr, hosts.port};
    const char *const wanted[] = {host, addr, port};
    for (int i = 0; i < 3; i++) {
        if (wanted[i]) {
            assert_non_null(have[i]);
            assert_string_equal(have[i], wanted[i]);
        } else {
            assert_null(have[i]);
        }
    }
    pg_hosts_free(&hosts);
}

static void test_rotates_all_lists(void **state)
{
    (void)state;
    const char *conninfo = "host=a,b,c hostaddr=192.0.2.1,,192.0.2.3 port=1,2,3 dbname=x";
    check(conninfo, 0, NULL, NULL, NULL);
    check(conninfo, 1, "b,c,a", ",192.0.2.3,192.0.2.1", "2,3,1");
    check(conninfo, 2, "c,a,b", "192.0.2.3,192.0.2.1,", "3,1,2");
    check(conninfo, 3, NULL, NULL, NULL);
    check(conninfo, 4, "b,c,a", ",192.0.2.3,192.0.2.1", "2,3,1");
    check("postgresql://a:1,b:2/x", 1, "b,a", NULL, "2,1");
}

static void test_leaves_what_is_no_list(void **state)
{
    (void)state;
    check("host=a,b port=5432", 1, "b,a", NULL, NULL);
    check("host=a", 7, NULL, NULL, NULL);
    check("", 1, NULL, NULL, NULL);
    check("no connection string", 1, NULL, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rotates_all_lists),
        cmocka_unit_test(test_leaves_what_is_no_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
