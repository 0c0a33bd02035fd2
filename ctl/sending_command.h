// SPDX-License-Identifier: BSD-2-Clause
// emailgencyctl deny, allow, held: users who may not send, and their queued mail.
#ifndef CTL_SENDING_COMMAND_H
#define CTL_SENDING_COMMAND_H

#include "ctl/command/ctl_command.h"

extern const struct ctl_command deny_command;
extern const struct ctl_command allow_command;
extern const struct ctl_command held_list_command;
extern const struct ctl_command held_release_command;
extern const struct ctl_command held_delete_command;

#endif
