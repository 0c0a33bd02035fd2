// SPDX-License-Identifier: BSD-2-Clause
// The command "flush": delivers the mail of a domain that waits on all nodes.
#ifndef CTL_FLUSH_COMMAND_H
#define CTL_FLUSH_COMMAND_H

#include "ctl/command/ctl_command.h"

extern const struct ctl_command flush_command;

#endif
