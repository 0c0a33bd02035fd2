// SPDX-License-Identifier: BSD-2-Clause
#include "io/socket_address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static const struct {
    const char *text;
    bool local;
} good[] = {
    {"unix:/run/x.sock", true}, {"127.0.0.1:9191", true},    {"127.255.0.3:1", true},
    {"[::1]:65535", true},      {"192.0.2.1:10031", false},  {"0.0.0.0:25", false},
    {"[::]:25", false},         {"[2001:db8::1]:25", false},
};

static const char *const bad[] = {
    "",    "unix:",          "unix:run/x.sock", "/run/x.sock",   "localhost:25",    "127.0.0.1",
    "::1", "[::1]",          "127.0.0.1:0",     "127.0.0.1:",    "127.0.0.1:65536", "127.0.0.1:25x",
    ":25", "127.0.0.256:25", "[::1:25",         "127.0.0.1: 25", "127.0.0.1:-25",   "127.0.0.1:+25",
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct socket_address address;
        struct problem problem;
        if (!socket_address_parse(good[i].text, &address, &problem))
            fail_msg("%s: %s", good[i].text, problem.text);
        if (socket_address_local(&address) != good[i].local)
            fail_msg("%s", good[i].text);
    }
}

static void test_bad_says_what_would_be_right(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct socket_address address;
        struct problem problem;
        if (socket_address_parse(bad[i], &address, &problem))
            fail_msg("accepted: %s", bad[i]);
        if (!strstr(problem.text, "unix:/"))
            fail_msg("%s: %s", bad[i], problem.text);
    }
}

static void test_path_has_the_kernel_s_bound(void **state)
{
    (void)state;
    struct socket_address address;
    char text[5 + 108 + 1];
    struct problem problem;
    memset(text, 'x', sizeof text);
    memcpy(text, "unix:/", 6);
    text[5 + 107] = '\0';
    assert_true(socket_address_parse(text, &address, &problem));
    assert_string_equal(socket_address_path(&address), text + 5);
    text[5 + 107] = 'x';
    text[5 + 108] = '\0';
    assert_false(socket_address_parse(text, &address, &problem));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad_says_what_would_be_right),
        cmocka_unit_test(test_path_has_the_kernel_s_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
