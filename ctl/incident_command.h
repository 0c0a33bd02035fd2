// SPDX-License-Identifier: BSD-2-Clause
// The commands on incidents and their messages: "incident list", "incident show", "alert list", "alert
// retry", "contact test".
#ifndef CTL_INCIDENT_COMMAND_H
#define CTL_INCIDENT_COMMAND_H

#include "ctl/command/ctl_command.h"

extern const struct ctl_command incident_list_command, incident_show_command, alert_list_command,
    alert_retry_command, contact_test_command;

#endif
