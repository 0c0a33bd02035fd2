// SPDX-License-Identifier: BSD-2-Clause
// emailgencyctl probe: asks a customer's server now whether it takes mail.
#ifndef CTL_PROBE_PROBE_COMMAND_H
#define CTL_PROBE_PROBE_COMMAND_H

#include "ctl/command/ctl.h"

// Exit codes: 0 the server is up, 1 it is down, 75 nobody could be asked, 65 the domain is none of the rows,
// 64, 69, 74, 78 as others.
extern const struct ctl_command probe_command;

#endif
