// SPDX-License-Identifier: BSD-2-Clause
// emailgencyctl queue: the waiting mail of this node, or of all nodes.
#ifndef CTL_QUEUE_COMMAND_H
#define CTL_QUEUE_COMMAND_H

#include "ctl/command/ctl.h"

extern const struct ctl_command queue_command;

#endif
