// SPDX-License-Identifier: BSD-2-Clause
// Completion of the command line by bash(1), made from the table of commands.
#ifndef CTL_COMMAND_COMPLETION_H
#define CTL_COMMAND_COMPLETION_H

#include "ctl/command/ctl_command.h"

#include <stdio.h>

// Prints a script for bash: commands, their options, and for options the words, folders or files that they
// take. It needs no other script.
void completion_print_bash(FILE *out, const struct ctl_command *const *commands);

#endif
