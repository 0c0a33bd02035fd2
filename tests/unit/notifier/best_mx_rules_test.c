// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/best_mx/best_mx_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static char hosts[BEST_MX_HOSTS_MAX][ADDRESS_DOMAIN_MAX + 1];

static void test_hosts_of_the_lowest_preference(void **state)
{
    const struct dns_answer answer = {.rc = DNS_FOUND,
                                      .count = 4,
                                      .data = {SLICE("\0\024\003mx2\001x\0"), SLICE("\0\012\003MX1\001x\0"),
                                               SLICE("\0\012\003mx0\001x\0"), SLICE("\0")}};
    (void)state;
    assert_int_equal(best_mx_hosts(&answer, "x", hosts), 2);
    assert_string_equal(hosts[0], "mx1.x");
    assert_string_equal(hosts[1], "mx0.x");
}

static void test_a_name_without_records_is_its_own_host(void **state)
{
    (void)state;
    assert_int_equal(best_mx_hosts(&(struct dns_answer){.rc = DNS_NONE}, "X.example", hosts), 1);
    assert_string_equal(hosts[0], "x.example");
}

static void test_no_answer_and_no_mail_are_no_host(void **state)
{
    const struct dns_answer null_mx = {.rc = DNS_FOUND, .count = 1, .data = {SLICE("\0\0\0")}};
    const struct dns_answer cut = {.rc = DNS_FOUND, .count = 1, .data = {SLICE("\0\001\077mx")}};
    (void)state;
    assert_int_equal(best_mx_hosts(&(struct dns_answer){.rc = DNS_FAILED}, "x.example", hosts), 0);
    assert_int_equal(best_mx_hosts(&null_mx, "x.example", hosts), 0);
    assert_int_equal(best_mx_hosts(&cut, "x.example", hosts), 0);
}

static void test_our_addresses(void **state)
{
    const struct own_hosts own = {.list = "mx1.example.com, 192.0.2.7\t2001:db8::7"};
    (void)state;
    assert_true(best_mx_is_addressed(&own, SLICE("\300\0\002\007")));
    assert_true(best_mx_is_addressed(&own, SLICE("\040\001\015\270\0\0\0\0\0\0\0\0\0\0\0\007")));
    assert_false(best_mx_is_addressed(&own, SLICE("\300\0\002\010")));
    assert_false(best_mx_is_addressed(&own, SLICE("\300\0\002")));
    assert_false(best_mx_is_addressed(&(struct own_hosts){.list = ""}, SLICE("\300\0\002\007")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts_of_the_lowest_preference),
        cmocka_unit_test(test_a_name_without_records_is_its_own_host),
        cmocka_unit_test(test_no_answer_and_no_mail_are_no_host),
        cmocka_unit_test(test_our_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
