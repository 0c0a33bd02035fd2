// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/command/completion.h"

#include "ctl/command/usage.h"

#include <string.h>

// bash splits "--option=value" into three words.
static const char head[] =
    "# Completion of " CTL_PROGRAM " for bash, printed by: " CTL_PROGRAM " completion bash\n"
    "_" CTL_PROGRAM "() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} kind='' words=''\n"
    "    local before=\" ${COMP_WORDS[*]:1:COMP_CWORD - 1} \"\n"
    "    if [[ $cur == = ]]; then\n"
    "        cur=''\n"
    "    elif [[ $prev == = ]]; then\n"
    "        prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    fi\n"
    "    case $before in\n";

static const char tail[] = "    esac\n"
                           "    case $kind in\n"
                           "    folder) mapfile -t COMPREPLY < <(compgen -d -- \"$cur\") ;;\n"
                           "    file) mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;\n"
                           "    *) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\") ;;\n"
                           "    esac\n"
                           "    [[ -z $kind ]] || compopt -o filenames 2>/dev/null\n"
                           "}\n"
                           "complete -F _" CTL_PROGRAM " " CTL_PROGRAM "\n";

static size_t first_word(const char *name)
{
    return strcspn(name, " ");
}

// Returns whether an earlier command begins with the same word; `group`: one of two words.
static bool is_repeated(const struct ctl_command *const *commands, size_t at, bool group)
{
    const size_t len = first_word(commands[at]->name);
    for (size_t i = 0; i < at; i++) {
        const char *name = commands[i]->name;
        if (first_word(name) == len && strncmp(name, commands[at]->name, len) == 0 &&
            (!group || name[len] == ' '))
            return true;
    }
    return false;
}

static void print_first_words(FILE *out, const struct ctl_command *const *commands)
{
    for (size_t i = 0; commands[i]; i++)
        if (!is_repeated(commands, i, false))
            fprintf(out, "%.*s ", (int)first_word(commands[i]->name), commands[i]->name);
}

static void print_second_words(FILE *out, const struct ctl_command *const *commands, const char *group)
{
    for (; *commands; commands++)
        if (usage_in_group((*commands)->name, group))
            fprintf(out, "%s ", (*commands)->name + strlen(group) + 1);
}

static const char *const *words_of(const struct ctl_command *command, const char *option)
{
    for (const struct ctl_choice *choice = command->choices; choice && choice->option; choice++)
        if (strcmp(choice->option, option) == 0)
            return choice->words;
    return NULL;
}

static void print_options(FILE *out, const struct ctl_command *command)
{
    for (int i = 0; usage_option(command, i); i++)
        fprintf(out, "--%s ", usage_option(command, i)->name);
    fputs("--help", out);
    const char *const *words = words_of(command, "");
    for (; words && *words; words++)
        fprintf(out, " %s", *words);
}

static bool is_file(const char *argument)
{
    static const char *const words[] = {"PATH", "FILE", "SOCKET"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(argument, words[i]) == 0)
            return true;
    return false;
}

static void print_argument(FILE *out, const struct ctl_command *command, const struct ctl_option *option)
{
    const char *const *words = words_of(command, option->name);
    fprintf(out, "        --%s", option->name);
    if (option->letter)
        fprintf(out, " | -%c", option->letter);
    if (words) {
        fputs(") words=\"", out);
        for (; *words; words++)
            fprintf(out, "%s%s", *words, words[1] ? " " : "\" ;;\n");
    } else if (strcmp(option->argument, "DIR") == 0) {
        fputs(") kind=\"folder\" ;;\n", out);
    } else if (is_file(option->argument)) {
        fputs(") kind=\"file\" ;;\n", out);
    } else {
        fputs(") ;;\n", out);
    }
}

// After a command: the argument of the option before the cursor, else the options.
static void print_command(FILE *out, const struct ctl_command *command)
{
    fprintf(out, "    \" %s \"*)\n        case $prev in\n", command->name);
    for (int i = 0; usage_option(command, i); i++)
        if (usage_option(command, i)->argument)
            print_argument(out, command, usage_option(command, i));
    fputs("        *) words=\"", out);
    print_options(out, command);
    fputs("\" ;;\n        esac\n        ;;\n", out);
}

static void print_group(FILE *out, const struct ctl_command *const *commands, const char *name, size_t len)
{
    char group[32];
    snprintf(group, sizeof group, "%.*s", (int)len, name);
    fprintf(out, "    \" %s \" | \" help %s \") words=\"", group, group);
    print_second_words(out, commands, group);
    for (; *commands; commands++)
        if (strcmp((*commands)->name, group) == 0)
            print_options(out, *commands);
    fputs("\" ;;\n", out);
}

void completion_print_bash(FILE *out, const struct ctl_command *const *commands)
{
    fputs(head, out);
    fputs("    \"  \") words=\"", out);
    print_first_words(out, commands);
    fputs("completion help --help --version\" ;;\n    \" completion \") words=\"bash\" ;;\n    \" help \") "
          "words=\"",
          out);
    print_first_words(out, commands);
    fputs("\" ;;\n", out);
    // A name of two words comes before the name of one word that begins it.
    for (size_t i = 0; commands[i]; i++)
        if (strchr(commands[i]->name, ' '))
            print_command(out, commands[i]);
    for (size_t i = 0; commands[i]; i++)
        if (strchr(commands[i]->name, ' ') && !is_repeated(commands, i, true))
            print_group(out, commands, commands[i]->name, first_word(commands[i]->name));
    for (size_t i = 0; commands[i]; i++)
        if (!strchr(commands[i]->name, ' '))
            print_command(out, commands[i]);
    fputs(tail, out);
}
