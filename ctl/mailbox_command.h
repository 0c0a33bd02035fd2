// SPDX-License-Identifier: BSD-2-Clause
// The commands "mailbox list", "mailbox show" and "mailbox restore".
#ifndef CTL_MAILBOX_COMMAND_H
#define CTL_MAILBOX_COMMAND_H

#include "ctl/command/ctl_command.h"

extern const struct ctl_command mailbox_list_command;
extern const struct ctl_command mailbox_show_command;
extern const struct ctl_command mailbox_restore_command;

#endif
