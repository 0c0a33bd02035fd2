// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/command/ctl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *last_value;

static int run(char *const *operands, const char *const *values)
{
    (void)operands;
    last_value = values[CTL_OPTIONS_MAX - 1];
    return 7;
}

// As many options as there may be, and not a byte after them: the sanitizer sees a look at the next one.
static void test_l12_no_option_is_read_after_the_last_place(void **state)
{
    static char names[CTL_OPTIONS_MAX][16];
    struct ctl_option *options = calloc(CTL_OPTIONS_MAX, sizeof(*options));
    char program[] = "emailgencyctl", word[] = "try", option[] = "--o15", value[] = "here";
    char *argv[] = {program, word, option, value, NULL};

    (void)state;
    assert_non_null(options);
    for (int i = 0; i < CTL_OPTIONS_MAX; i++) {
        snprintf(names[i], sizeof(names[i]), "o%d", i);
        options[i] = (struct ctl_option){.name = names[i], .argument = "TEXT", .help = "a text"};
    }
    const struct ctl_command command = {
        .name = "try", .operands = "", .summary = "tries", .options = options, .run = run};
    const struct ctl_command *const commands[] = {&command, NULL};

    assert_int_equal(ctl_run(4, argv, commands), 7);
    assert_string_equal(last_value, "here");
    free(options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_l12_no_option_is_read_after_the_last_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
