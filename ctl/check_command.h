// SPDX-License-Identifier: BSD-2-Clause
// emailgencyctl check: findings about this node, with their remedies.
#ifndef CTL_CHECK_COMMAND_H
#define CTL_CHECK_COMMAND_H

#include "ctl/command/ctl.h"

// Exit codes: 0 no error was found (there may be warnings), 78 an error was found, 77 no error, but something
// could not be looked at, 64 there is no such subject, 69 postconf cannot be run and nothing else was asked.
extern const struct ctl_command check_command;

// The older spelling of `check postfix --verbose`.
extern const struct ctl_command check_postfix_command;

#endif
