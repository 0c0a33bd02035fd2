// SPDX-License-Identifier: BSD-2-Clause
// The command "trace": what happened to messages, in the words of the SQL function trace().
#ifndef CTL_TRACE_COMMAND_H
#define CTL_TRACE_COMMAND_H

#include "ctl/command/ctl_command.h"

extern const struct ctl_command trace_command;

#endif
