// SPDX-License-Identifier: BSD-2-Clause
// Help texts of the command line.
#ifndef CTL_COMMAND_USAGE_H
#define CTL_COMMAND_USAGE_H

#include "ctl/command/ctl_command.h"

#include <stdbool.h>
#include <stdio.h>

// The i-th option of a command; NULL after the last.
const struct ctl_option *usage_option(const struct ctl_command *command, int i);

// Returns whether `name` begins with this word: "spf" of "spf check".
bool usage_in_group(const char *name, const char *word);

// Prints all commands, or if `group` is not NULL those that begin with this word.
void usage_print_commands(FILE *out, const struct ctl_command *const *commands, const char *group);

// Prints the line "usage: …" of a command.
void usage_print_synopsis(FILE *out, const struct ctl_command *command);

// Prints that line, the summary and the options.
void usage_print_command(FILE *out, const struct ctl_command *command);

#endif
