// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/command/completion.h"
#include "ctl/command/ctl.h"
#include "ctl/command/suggestion.h"

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

// A command of one word that also begins others, and operands of a fixed list.
static void test_completion_of_operands_and_groups(void **state)
{
    static const char *const parts[] = {"alpha", "beta", NULL};
    static const struct ctl_choice choices[] = {{"", parts}, {NULL, NULL}};
    static const struct ctl_option options[] = {{"file", 'f', "FILE", NULL, NULL, "a file"},
                                                {"at", 0, "SOCKET", NULL, NULL, "a socket"},
                                                {.name = NULL}};
    const struct ctl_command look = {.name = "look", .options = options, .choices = choices, .run = run};
    const struct ctl_command look_up = {.name = "look up", .options = options, .run = run};
    const struct ctl_command *const commands[] = {&look, &look_up, NULL};
    char *text = NULL;
    size_t size = 0;

    (void)state;
    FILE *out = open_memstream(&text, &size);
    completion_print_bash(out, commands);
    fclose(out);
    assert_non_null(
        strstr(text, "\" look \" | \" help look \") words=\"up --file --at --help alpha beta\" ;;"));
    assert_non_null(strstr(text, "--file | -f) kind=\"file\" ;;"));
    assert_non_null(strstr(text, "--at) kind=\"file\" ;;"));
    assert_true(strstr(text, "\" look up \"*)") < strstr(text, "\" look \"*)"));
    free(text);
}

static void test_near_names(void **state)
{
    static const struct {
        const char *given, *name;
        bool near;
    } cases[] = {{"sttus", "status", true},
                 {"staus", "status", true},
                 {"explian", "explain", true},
                 {"check", "check-postfix", true},
                 {"ch", "check-postfix", false},
                 {"abc", "xyz", false},
                 {"a", "b", false},
                 {"", "status", false},
                 {"spf chekc", "spf check", true}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct suggestion near = {.given = cases[i].given};
        suggestion_try(&near, cases[i].name);
        assert_int_equal(near.name != NULL, cases[i].near);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_l12_no_option_is_read_after_the_last_place),
        cmocka_unit_test(test_completion_of_operands_and_groups),
        cmocka_unit_test(test_near_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
