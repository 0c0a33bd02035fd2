// SPDX-License-Identifier: BSD-2-Clause
// emailgencyctl status: is this node well.
#ifndef CTL_STATUS_COMMAND_H
#define CTL_STATUS_COMMAND_H

#include "ctl/command/ctl.h"

// Exit codes: 0 ok, 1 warning, 2 critical, 3 unknown; 64 usage, 74 the output could not be written.
extern const struct ctl_command status_command;

#endif
