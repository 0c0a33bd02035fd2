// SPDX-License-Identifier: BSD-2-Clause
// emailgencyctl check-postfix: compare a Postfix instance with the needs of the rows.
#ifndef CTL_CHECK_POSTFIX_H
#define CTL_CHECK_POSTFIX_H

#include "ctl/command/ctl.h"

// Exit codes: 0 no error was found (there may be warnings), 78 an error was found, 69 postconf cannot be run.
extern const struct ctl_command check_postfix_command;

#endif
