// SPDX-License-Identifier: BSD-2-Clause
// The command "tidy".
#ifndef CTL_TIDY_COMMAND_H
#define CTL_TIDY_COMMAND_H

#include "ctl/command/ctl_command.h"

extern const struct ctl_command tidy_command;

#endif
