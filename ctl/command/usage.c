// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/command/usage.h"

#include <string.h>

const struct ctl_option *usage_option(const struct ctl_command *command, int i)
{
    return i < CTL_OPTIONS_MAX && command->options[i].name ? &command->options[i] : NULL;
}

bool usage_in_group(const char *name, const char *word)
{
    const size_t len = strlen(word);
    return len > 0 && strncmp(name, word, len) == 0 && name[len] == ' ';
}

void usage_print_commands(FILE *out, const struct ctl_command *const *commands, const char *group)
{
    fprintf(out, "usage: " CTL_PROGRAM " %s%s[OPTION]...\n", group ? group : "COMMAND",
            group ? " COMMAND " : " ");
    for (; *commands; commands++)
        if (!group || usage_in_group((*commands)->name, group) || strcmp((*commands)->name, group) == 0)
            fprintf(out, "  %-18s %s\n", (*commands)->name, (*commands)->summary);
    if (!group)
        fprintf(out, "  help COMMAND       print the options of a command, as COMMAND --help does\n"
                     "  completion bash\n"
                     "                     print the completion of this program for that shell\n"
                     "  --version          print the version and exit\n");
}

static void print_option(FILE *out, const struct ctl_option *option)
{
    char left[80], letter[8] = "    ";
    if (option->letter)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    snprintf(left, sizeof left, "%s--%s %s", letter, option->name, option->argument ? option->argument : "");
    fprintf(out, "  %-26s %s", left, option->help);
    if (option->environment)
        fprintf(out, "; else $%s", option->environment);
    fprintf(out, option->fallback ? "; else %s\n" : "\n", option->fallback);
}

void usage_print_synopsis(FILE *out, const struct ctl_command *command)
{
    fprintf(out, "usage: " CTL_PROGRAM " %s %s%s[OPTION]...\n", command->name,
            command->operands ? command->operands : "", command->operands ? " " : "");
}

void usage_print_command(FILE *out, const struct ctl_command *command)
{
    usage_print_synopsis(out, command);
    fprintf(out, "%s\n", command->summary);
    for (int i = 0; usage_option(command, i); i++)
        print_option(out, usage_option(command, i));
}
