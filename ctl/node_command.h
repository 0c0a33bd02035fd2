// SPDX-License-Identifier: BSD-2-Clause
// The commands "node add" and "node remove".
#ifndef CTL_NODE_COMMAND_H
#define CTL_NODE_COMMAND_H

#include "ctl/command/ctl_command.h"

extern const struct ctl_command node_add_command;
extern const struct ctl_command node_remove_command;

#endif
