// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/command/ctl.h"

#include "base/log.h"
#include "ctl/command/completion.h"
#include "ctl/command/suggestion.h"
#include "ctl/command/usage.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum { HELP = 1, FIRST = 256 }; // values of getopt_long; options without a letter are counted from FIRST

// The command's options as getopt_long takes them; ":" at the head tells an option without its argument
// apart.
static void make_options(const struct ctl_command *command, struct option *longs, char *shorts)
{
    int count = 0;
    *shorts++ = ':';
    for (const struct ctl_option *option; (option = usage_option(command, count)) != NULL; count++) {
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
    for (int i = 0; usage_option(command, i); i++)
        if (usage_option(command, i)->letter == got)
            return i;
    return -1;
}

static void set_defaults(const struct ctl_command *command, const char **values)
{
    for (int i = 0; usage_option(command, i); i++) {
        const struct ctl_option *option = usage_option(command, i);
        const char *given = option->environment ? getenv(option->environment) : NULL;
        values[i] = given && given[0] ? given : option->fallback;
    }
}

static int show_synopsis(const struct ctl_command *command)
{
    usage_print_synopsis(stderr, command);
    fprintf(stderr, CTL_PROGRAM " help %s prints the options\n", command->name);
    return EX_USAGE;
}

static void refuse_unknown(const struct ctl_command *command, const char *word)
{
    char name[SUGGESTION_LEN_MAX] = "";
    struct slice given = slice_from(word), value;
    slice_split(slice_skip(given, slice_has_prefix(given, SLICE("--")) ? 2 : 0), '=', &given, &value);
    (void)slice_copy(given, name, sizeof name);
    struct suggestion near = {.given = name};
    for (int i = 0; usage_option(command, i); i++)
        suggestion_try(&near, usage_option(command, i)->name);
    fprintf(stderr, CTL_PROGRAM " %s: there is no option %s", command->name, log_text(slice_from(word)).text);
    fprintf(stderr, near.name ? "; did you mean --%s?\n" : "\n", near.name);
}

// `got` is what getopt_long returned for the word `word`.
static int refuse_option(const struct ctl_command *command, int got, const char *word)
{
    char letter[] = {'-', (char)optopt, '\0'};
    const int index = optopt > 0 ? index_of(command, optopt) : -1;
    const struct ctl_option *option = index >= 0 ? usage_option(command, index) : NULL;
    if (option && got == ':')
        fprintf(stderr, CTL_PROGRAM " %s: --%s needs %s\n", command->name, option->name, option->argument);
    else if (option || optopt == HELP)
        fprintf(stderr, CTL_PROGRAM " %s: --%s takes no argument\n", command->name,
                option ? option->name : "help");
    else
        refuse_unknown(command, optopt > 0 ? letter : word);
    return show_synopsis(command);
}

// Returns whether the number of operands is right.
static bool takes(const struct ctl_command *command, int count, char *const *operands)
{
    struct slice operand, rest = slice_from(command->operands);
    int at = 0;
    for (; rest.len; at++) {
        slice_split(rest, ' ', &operand, &rest);
        if (at >= count && operand.ptr[0] != '[') {
            fprintf(stderr, CTL_PROGRAM " %s: %.*s is missing\n", command->name, (int)operand.len,
                    operand.ptr);
            return false;
        }
    }
    if (slice_has_suffix_nocase(slice_from(command->operands), SLICE("...")))
        return true;
    if (count > at)
        fprintf(stderr, CTL_PROGRAM " %s: %s is one operand too many\n", command->name,
                log_text(slice_from(operands[at])).text);
    return count <= at;
}

static int show_command(const struct ctl_command *command)
{
    usage_print_command(stdout, command);
    return EX_OK;
}

static int run_command(const struct ctl_command *command, int argc, char **argv)
{
    struct option longs[CTL_OPTIONS_MAX + 2];
    char shorts[2 * CTL_OPTIONS_MAX + 3];
    const char *values[CTL_OPTIONS_MAX + 1] = {NULL};
    make_options(command, longs, shorts);
    set_defaults(command, values);
    opterr = 0;
    optind = 0; // glibc: a new command line
    for (int got; (got = getopt_long(argc, argv, shorts, longs, NULL)) != -1;) {
        if (got == HELP || got == 'h')
            return show_command(command);
        if (got == '?' || got == ':')
            return refuse_option(command, got, argv[optind - 1]);
        values[index_of(command, got)] = optarg ? optarg : "";
    }
    if (!takes(command, argc - optind, argv + optind))
        return show_synopsis(command);
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

// The command with the longest name that matches; NULL: none.
static const struct ctl_command *find_command(int argc, char **argv,
                                              const struct ctl_command *const *commands, int *words)
{
    const struct ctl_command *found = NULL;
    for (*words = 0; *commands; commands++) {
        const int count = match_name(*commands, argc, argv);
        if (count > *words) {
            found = *commands;
            *words = count;
        }
    }
    return found;
}

static bool is_group(const struct ctl_command *const *commands, const char *word)
{
    for (; *commands; commands++)
        if (usage_in_group((*commands)->name, word))
            return true;
    return false;
}

static int show_commands(FILE *out, const struct ctl_command *const *commands, const char *group)
{
    usage_print_commands(out, commands, group);
    return out == stdout ? EX_OK : EX_USAGE;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

// The words do not name a command.
static int refuse_command(int argc, char **argv, const struct ctl_command *const *commands)
{
    const char *group = is_group(commands, argv[1]) ? argv[1] : NULL;
    char name[2 * SUGGESTION_LEN_MAX];
    if (group && argc == 2) {
        fprintf(stderr, CTL_PROGRAM ": %s is the first word of several commands\n", group);
        return show_commands(stderr, commands, group);
    }
    snprintf(name, sizeof name, "%s%s%s", argv[1], group ? " " : "", group ? argv[2] : "");
    struct suggestion near = {.given = name};
    for (const struct ctl_command *const *command = commands; *command; command++)
        suggestion_try(&near, (*command)->name);
    suggestion_try(&near, "help");
    suggestion_try(&near, "completion");
    fprintf(stderr, CTL_PROGRAM ": there is no command \"%s%s%s\"", log_text(slice_from(argv[1])).text,
            group ? " " : "", group ? log_text(slice_from(argv[2])).text : "");
    fprintf(stderr, near.name ? "; did you mean \"%s\"?\n" : "\n", near.name);
    return show_commands(stderr, commands, group);
}

static int help(int argc, char **argv, const struct ctl_command *const *commands)
{
    int words;
    if (argc < 2 || is_help(argv[1]))
        return show_commands(stdout, commands, NULL);
    const struct ctl_command *command = find_command(argc, argv, commands, &words);
    if (command)
        return show_command(command);
    if (argc == 2 && is_group(commands, argv[1]))
        return show_commands(stdout, commands, argv[1]);
    return refuse_command(argc, argv, commands);
}

static int complete(int argc, char **argv, const struct ctl_command *const *commands)
{
    const bool wanted = argc == 2 && strcmp(argv[1], "bash") == 0;
    if (wanted)
        completion_print_bash(stdout, commands);
    else
        fprintf(argc == 2 && is_help(argv[1]) ? stdout : stderr,
                "usage: " CTL_PROGRAM " completion bash\n"
                "prints the completion of this program for that shell, the only one so far\n");
    return wanted || (argc == 2 && is_help(argv[1])) ? EX_OK : EX_USAGE;
}

static int run(int argc, char **argv, const struct ctl_command *const *commands)
{
    int words;
    if (argc < 2)
        return show_commands(stderr, commands, NULL);
    const struct ctl_command *command = find_command(argc, argv, commands, &words);
    if (command)
        return run_command(command, argc - words, argv + words);
    if (strcmp(argv[1], "help") == 0 || is_help(argv[1]))
        return help(argc - 1, argv + 1, commands);
    if (strcmp(argv[1], "completion") == 0)
        return complete(argc - 1, argv + 1, commands);
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
        return printf(CTL_PROGRAM " %s\n", EMG_VERSION) < 0 ? EX_IOERR : EX_OK;
    if (argc == 3 && is_help(argv[2]) && is_group(commands, argv[1]))
        return show_commands(stdout, commands, argv[1]);
    return refuse_command(argc, argv, commands);
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
    fprintf(stderr, CTL_PROGRAM ": --%s %s: not one of", option, log_text(slice_from(text)).text);
    for (; *words; words++)
        fprintf(stderr, " %s", *words);
    fputc('\n', stderr);
    return false;
}
