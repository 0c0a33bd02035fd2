// SPDX-License-Identifier: BSD-2-Clause
// The command line: emailgencyctl COMMAND [OPERAND…] [OPTION…], in any order after the command. Exit codes
// are those of sysexits(3), unless a command has others.
#ifndef CTL_COMMAND_CTL_H
#define CTL_COMMAND_CTL_H

#include "ctl/command/ctl_command.h"

#include <stdbool.h>

// Runs the command that `argv` names, of a list that ends in NULL; "help" and "completion" are added to it.
// The value is main's.
int ctl_run(int argc, char **argv, const struct ctl_command *const *commands);

// Finds `text` in `words`, which ends in NULL; false, with a human-readable message on stderr, if it is not
// there.
bool ctl_word(const char *option, const char *text, const char *const *words, int *out)
    __attribute__((warn_unused_result));

#endif
