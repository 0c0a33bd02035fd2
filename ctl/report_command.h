// SPDX-License-Identifier: BSD-2-Clause
// "report preview": the monthly report of a domain, as emailgency-report would compose it.
#ifndef CTL_REPORT_COMMAND_H
#define CTL_REPORT_COMMAND_H

#include "ctl/command/ctl_command.h"

extern const struct ctl_command report_preview_command;

#endif
