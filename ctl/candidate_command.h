// SPDX-License-Identifier: BSD-2-Clause
// The commands "candidate list", "candidate promote" and "candidate discard".
#ifndef CTL_CANDIDATE_COMMAND_H
#define CTL_CANDIDATE_COMMAND_H

#include "ctl/command/ctl_command.h"

extern const struct ctl_command candidate_list_command;
extern const struct ctl_command candidate_promote_command;
extern const struct ctl_command candidate_discard_command;

#endif
