// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/command/ctl.h"

#include "base/log.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define PROGRAM "emailgencyctl"

static int usage(FILE *out, const struct ctl_command *const *commands)
{
    fprintf(out, "usage: " PROGRAM " COMMAND [OPTION]...\n");
    for (; *commands; commands++)
        fprintf(out, "  %-14s %s\n", (*commands)->name, (*commands)->summary);
    fprintf(out, "  COMMAND --help  the options of a command\n"
                 "  --version       print the version and exit\n");
    return out == stdout ? EX_OK : EX_USAGE;
}

// NULL after the last.
static const struct ctl_option *option_at(const struct ctl_command *command, int i)
{
    return i < CTL_OPTIONS_MAX && command->options[i].name ? &command->options[i] : NULL;
}

static void print_option(FILE *out, const struct ctl_option *option)
{
    char left[64], letter[8] = "    ";
    if (option->letter)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    snprintf(left, sizeof left, "%s--%s %s", letter, option->name, option->argument ? option->argument : "");
    fprintf(out, "  %-26s %s", left, option->help);
    if (option->environment)
        fprintf(out, "; else $%s", option->environment);
    fprintf(out, option->fallback ? "; else %s\n" : "\n", option->fallback);
}

static int command_usage(FILE *out, const struct ctl_command *command)
{
    fprintf(out, "usage: " PROGRAM " %s %s%s[OPTION]...\n%s\n", command->name,
            command->operands ? command->operands : "", command->operands ? " " : "", command->summary);
    for (int i = 0; option_at(command, i); i++)
        print_option(out, option_at(command, i));
    return out == stdout ? EX_OK : EX_USAGE;
}

enum { HELP = 1, FIRST = 256 }; // values of getopt_long; options without a letter are counted from FIRST

// The command's options as getopt_long takes them.
static void make_options(const struct ctl_command *command, struct option *longs, char *shorts)
{
    int count = 0;
    for (const struct ctl_option *option; (option = option_at(command, count)) != NULL; count++) {
        longs[count] = (struct option){.name = option->name,
                                       .has_arg = option->argument ? required_argument : no_argument,
                                       .val = FIRST + count};
        if (option->letter) {
            *shorts++ = option->letter;
            if (option->argument)
                *shorts++ = ':';
        }
    }
    longs[count] = (struct option){.name = "help", .val = HELP};
    longs[count + 1] = (struct option){.name = NULL};
    *shorts++ = 'h';
    *shorts = '\0';
}

static int index_of(const struct ctl_command *command, int got)
{
    if (got >= FIRST)
        return got - FIRST;
    for (int i = 0; option_at(command, i); i++)
        if (option_at(command, i)->letter == got)
            return i;
    return -1;
}

static void set_defaults(const struct ctl_command *command, const char **values)
{
    for (int i = 0; option_at(command, i); i++) {
        const struct ctl_option *option = option_at(command, i);
        const char *given = option->environment ? getenv(option->environment) : NULL;
        values[i] = given && given[0] ? given : option->fallback;
    }
}

static bool takes(const struct ctl_command *command, int count)
{
    struct slice operand, rest = slice_from(command->operands);
    int least = 0, most = 0;
    while (rest.len) {
        slice_split(rest, ' ', &operand, &rest);
        least += operand.ptr[0] != '[';
        most++;
    }
    return count >= least && count <= most;
}

static int run_command(const struct ctl_command *command, int argc, char **argv)
{
    struct option longs[CTL_OPTIONS_MAX + 2];
    char shorts[2 * CTL_OPTIONS_MAX + 2];
    const char *values[CTL_OPTIONS_MAX + 1] = {NULL};
    make_options(command, longs, shorts);
    set_defaults(command, values);
    for (int got; (got = getopt_long(argc, argv, shorts, longs, NULL)) != -1;) {
        const int index = index_of(command, got);
        if (got == HELP || got == 'h')
            return command_usage(stdout, command);
        if (index < 0)
            return command_usage(stderr, command);
        values[index] = optarg ? optarg : "";
    }
    if (!takes(command, argc - optind))
        return command_usage(stderr, command);
    return command->run(argv + optind, values);
}

// The number of words of the command line that are the command's name; 0: not this command.
static int match_name(const struct ctl_command *command, int argc, char **argv)
{
    struct slice word, rest = slice_from(command->name);
    int count = 0;
    while (rest.len) {
        slice_split(rest, ' ', &word, &rest);
        if (++count >= argc || !slice_equal(word, slice_from(argv[count])))
            return 0;
    }
    return count;
}

static int run(int argc, char **argv, const struct ctl_command *const *commands)
{
    if (argc < 2)
        return usage(stderr, commands);
    for (const struct ctl_command *const *command = commands; *command; command++) {
        const int words = match_name(*command, argc, argv);
        if (words)
            return run_command(*command, argc - words, argv + words);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return usage(stdout, commands);
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
        return printf(PROGRAM " %s\n", EMG_VERSION) < 0 ? EX_IOERR : EX_OK;
    fprintf(stderr, PROGRAM ": there is no command \"%s\"\n", log_text(slice_from(argv[1])).text);
    return usage(stderr, commands);
}

int ctl_run(int argc, char **argv, const struct ctl_command *const *commands)
{
    const int code = run(argc, argv, commands);
    return fflush(stdout) == 0 && !ferror(stdout) ? code : EX_IOERR;
}

bool ctl_word(const char *option, const char *text, const char *const *words, int *out)
{
    for (*out = 0; words[*out]; ++*out)
        if (strcmp(words[*out], text) == 0)
            return true;
    fprintf(stderr, PROGRAM ": --%s %s: not one of", option, log_text(slice_from(text)).text);
    for (; *words; words++)
        fprintf(stderr, " %s", *words);
    fputc('\n', stderr);
    return false;
}
