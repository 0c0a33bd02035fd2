// SPDX-License-Identifier: BSD-2-Clause
// The commands "mailbox add", "mailbox set" and "mailbox passwd".
#ifndef CTL_MAILBOX_CHANGE_H
#define CTL_MAILBOX_CHANGE_H

#include "ctl/command/ctl_command.h"

extern const struct ctl_command mailbox_add_command;
extern const struct ctl_command mailbox_set_command;
extern const struct ctl_command mailbox_passwd_command;

#endif
