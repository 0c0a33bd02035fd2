// SPDX-License-Identifier: BSD-2-Clause
// The command "domain usage".
#ifndef CTL_DOMAIN_COMMAND_H
#define CTL_DOMAIN_COMMAND_H

#include "ctl/command/ctl_command.h"

extern const struct ctl_command domain_usage_command;

#endif
