// SPDX-License-Identifier: BSD-2-Clause
#include "console/routes/console_route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct console_route *find(enum route_method method, const char *path, enum route_rc expected)
{
    char room[200];
    struct web_form parts = {.count = 0};
    const struct console_route *route = NULL;
    assert_int_equal(console_route_find(method, slice_from(path), room, &parts, &route), expected);
    return route;
}

static void test_find(void **state)
{
    (void)state;
    assert_string_equal(find(ROUTE_GET, "/d/a.example/filter", ROUTE_FOUND)->call, "page_filter");
    assert_string_equal(find(ROUTE_POST, "/d/a.example/filter", ROUTE_FOUND)->call, "act_filter");
    assert_string_equal(find(ROUTE_GET, "/d/a.example/mailboxes/new", ROUTE_FOUND)->call, "page_mailbox_new");
    assert_string_equal(find(ROUTE_GET, "/d/a.example/mailboxes/new@a.example", ROUTE_FOUND)->call,
                        "page_mailbox");
    assert_string_equal(find(ROUTE_POST, "/AutoDiscover/AutoDiscover.XML", ROUTE_FOUND)->page,
                        "autodiscover");
    assert_string_equal(
        find(ROUTE_GET, "/Autodiscover/Autodiscover.json/v1.0/A%40b.Example", ROUTE_FOUND)->page,
        "autodiscover_json");
    (void)find(ROUTE_GET, "/Help", ROUTE_UNKNOWN);
    (void)find(ROUTE_POST, "/help", ROUTE_OTHER_METHOD);
    (void)find(ROUTE_GET, "/logout", ROUTE_OTHER_METHOD);
    (void)find(ROUTE_GET, "/d/a.example/nothing", ROUTE_UNKNOWN);
    (void)find(ROUTE_GET, "/d//filter", ROUTE_UNKNOWN);
}

static bool has_domain(const struct console_route *row)
{
    return strstr(row->pattern, "{d}") != NULL;
}

// Rules that the flows rely on.
static void test_rows(void **state)
{
    (void)state;
    for (const struct console_route *row = console_routes; row < console_routes + console_route_count;
         row++) {
        const bool is_post = row->method == ROUTE_POST;
        assert_true(!row->call || !row->verb || strcmp(row->verb, "prove") == 0 ||
                    strncmp(row->call, "page_", 5) == 0);
        assert_true(!has_domain(row) || row->role == ROUTE_ADMIN);
        assert_true((is_post && row->role != ROUTE_PROGRAM) == (row->again != NULL));
        if (row->role == ROUTE_PROGRAM) {
            assert_true(row->page && !row->verb);
            assert_true(!row->call || strncmp(row->call, "page_", 5) == 0);
        } else if (row->role == ROUTE_LINK) {
            // The flow has one form, and its signature.
            assert_string_equal(row->pattern, "/unsubscribe");
            assert_true(is_post == (row->call != NULL) && row->page && !row->verb);
        } else if (is_post) {
            assert_non_null(console_route_page(row->again));
            assert_non_null(console_route_page(row->again)->page);
            assert_true(row->call || row->verb);
        } else {
            assert_true(row->page || row->verb);
            // A GET never writes.
            assert_true(!row->call || strncmp(row->call, "page_", 5) == 0);
        }
        for (const struct console_route *other = console_routes; other < row; other++)
            assert_false(other->method == row->method && strcmp(other->pattern, row->pattern) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_find), cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
