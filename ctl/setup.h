// SPDX-License-Identifier: BSD-2-Clause
// emailgencyctl setup: wires Emailgency into this host's PostgreSQL, Dovecot and Postfix, and undoes it.
#ifndef CTL_SETUP_H
#define CTL_SETUP_H

#include "ctl/command/ctl.h"

extern const struct ctl_command setup_command;

#endif
