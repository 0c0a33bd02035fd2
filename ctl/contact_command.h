// SPDX-License-Identifier: BSD-2-Clause
// The command "contact key".
#ifndef CTL_CONTACT_COMMAND_H
#define CTL_CONTACT_COMMAND_H

#include "ctl/command/ctl_command.h"

extern const struct ctl_command contact_key_command;

#endif
