// SPDX-License-Identifier: BSD-2-Clause
// The command "account": log-ins of the web console, for the operator.
#ifndef CTL_ACCOUNT_COMMAND_H
#define CTL_ACCOUNT_COMMAND_H

#include "ctl/command/ctl_command.h"

extern const struct ctl_command account_list_command, account_add_command, account_passwd_command,
    account_disable_command, account_enable_command, account_grant_command, account_revoke_command,
    account_watch_command, account_sessions_command;

#endif
