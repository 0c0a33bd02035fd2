// SPDX-License-Identifier: BSD-2-Clause
// Probes leave out our own hosts, which would answer for a customer's server that is down.
#include "notifier/probe/next_hop_rules.h"

#include "rows.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct directory *directory;
static struct own_hosts own;
static char hosts[NEXT_HOP_HOSTS_MAX][ADDRESS_DOMAIN_MAX + 1];

static int set_up(void **state)
{
    struct problem problem;
    const char *path = scratch_make();
    (void)state;
    if (!rows_load(
            path,
            "plan basic\nsetting mx_hosts value=192.0.2.8\ndomain x.example alternate_name=xexample.us\n",
            &problem))
        fail_msg("%s", problem.text);
    directory = directory_create(path);
    return !own_host_begin(&own, directory, "mx1.us 192.0.2.7");
}

static int tear_down(void **state)
{
    (void)state;
    own_host_end(&own, directory);
    directory_destroy(directory);
    scratch_remove();
    return 0;
}

static void test_hosts_before_a_name_of_ours(void **state)
{
    const struct dns_answer alternate = {.rc = DNS_FOUND,
                                         .count = 3,
                                         .data = {SLICE("\0\036\004last\001x\0"),
                                                  SLICE("\0\024\010xexample\002us\0"),
                                                  SLICE("\0\012\004mail\001x\0")}};
    const struct dns_answer option = {
        .rc = DNS_FOUND,
        .count = 2,
        .data = {SLICE("\0\024\003mx1\002us\0"), SLICE("\0\012\004mail\001x\0")}};
    (void)state;
    assert_int_equal(next_hop_hosts(&alternate, "x.example", &own, hosts), 1);
    assert_string_equal(hosts[0], "mail.x");
    assert_int_equal(next_hop_hosts(&option, "x.example", &own, hosts), 1);
}

static void test_hosts_without_records(void **state)
{
    (void)state;
    assert_int_equal(next_hop_hosts(&(struct dns_answer){.rc = DNS_NONE}, "X.example", &own, hosts), 1);
    assert_string_equal(hosts[0], "x.example");
    assert_int_equal(next_hop_hosts(&(struct dns_answer){.rc = DNS_FAILED}, "x.example", &own, hosts), 0);
}

static void test_addresses(void **state)
{
    struct ip ip;
    (void)state;
    assert_true(next_hop_address(SLICE("\300\0\002\011"), &own, SLICE(""), &ip));
    assert_false(next_hop_address(SLICE("\300\0\002\007"), &own, SLICE(""), &ip));
    assert_false(next_hop_address(SLICE("\300\0\002\010"), &own, SLICE(""), &ip));
    assert_false(next_hop_address(SLICE("\012\0\0\001"), &own, SLICE(""), &ip));
    assert_true(next_hop_address(SLICE("\012\0\0\001"), &own, SLICE("10.0.0.0/8"), &ip));
    assert_false(next_hop_address(SLICE("\012\0\0"), &own, SLICE(""), &ip));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts_before_a_name_of_ours),
        cmocka_unit_test(test_hosts_without_records),
        cmocka_unit_test(test_addresses),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
