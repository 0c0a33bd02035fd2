// SPDX-License-Identifier: BSD-2-Clause
// The service's own hosts: of the option, of the setting, and the alternate names of domains.
#include "directory/own_host.h"

#include "rows.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct directory *directory;
static struct own_hosts own = {.list = "mx1.service.example, 192.0.2.7\t2001:db8::7"};

static int set_up(void **state)
{
    struct problem problem;
    const char *path = scratch_make();
    (void)state;
    if (!rows_load(path,
                   "plan basic\nsetting service_domain value=service.example\n"
                   "setting mx_hosts value=\"mx2.service.example 192.0.2.8\"\n"
                   "domain customer.example alternate_name=customerexample.service.example\n"
                   "domain far.example alternate_name=far.elsewhere.example\ndomain none.example\n"
                   "domain_alias other.example domain=customer.example\n",
                   &problem))
        fail_msg("%s", problem.text);
    directory = directory_create(path);
    return directory_begin(directory, &own.rows) != DIRECTORY_OK;
}

static int tear_down(void **state)
{
    (void)state;
    directory_end(directory);
    directory_destroy(directory);
    scratch_remove();
    return 0;
}

static bool is_name(const char *name)
{
    return own_host_is_name(&own, slice_from(name));
}

static bool is_address(const struct own_hosts *hosts, const char *text)
{
    struct ip ip;
    assert_true(ip_parse(slice_from(text), &ip));
    return own_host_is_address(hosts, &ip);
}

static void option_and_setting_have_names(void **state)
{
    (void)state;
    assert_true(is_name("MX1.service.example"));
    assert_true(is_name("mx2.service.example."));
    assert_false(is_name("mx3.service.example"));
    assert_false(is_name("mx1.service.exampl"));
    assert_false(is_name(""));
}

static void alternate_names_are_ours(void **state)
{
    (void)state;
    assert_true(is_name("customerexample.service.example"));
    assert_true(is_name("CustomerExample.service.example."));
    assert_true(is_name("far.elsewhere.example"));
}

static void names_of_customers_are_not_ours(void **state)
{
    (void)state;
    assert_false(is_name("customer.example"));
    assert_false(is_name("other.example"));
    assert_false(is_name("none.example"));
    assert_false(is_name("mail.customer.example"));
    assert_false(is_name("mail.customerexample.service.example"));
}

static void option_and_setting_have_addresses(void **state)
{
    (void)state;
    assert_true(is_address(&own, "192.0.2.7"));
    assert_true(is_address(&own, "2001:db8::7"));
    assert_true(is_address(&own, "192.0.2.8"));
    assert_false(is_address(&own, "192.0.2.9"));
}

static void what_is_missing_has_nothing(void **state)
{
    const struct own_hosts option = {.list = own.list}, none = {.list = NULL};
    (void)state;
    assert_true(own_host_is_name(&option, SLICE("mx1.service.example")));
    assert_false(own_host_is_name(&option, SLICE("mx2.service.example")));
    assert_false(own_host_is_name(&option, SLICE("customerexample.service.example")));
    assert_false(own_host_is_name(&none, SLICE("mx1.service.example")));
    assert_false(is_address(&none, "192.0.2.7"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(option_and_setting_have_names),
        cmocka_unit_test(alternate_names_are_ours),
        cmocka_unit_test(names_of_customers_are_not_ours),
        cmocka_unit_test(option_and_setting_have_addresses),
        cmocka_unit_test(what_is_missing_has_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
