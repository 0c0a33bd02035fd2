// SPDX-License-Identifier: BSD-2-Clause
// emailgencyctl spf check.
#ifndef CTL_SPF_CHECK_H
#define CTL_SPF_CHECK_H

#include "ctl/command/ctl.h"

extern const struct ctl_command spf_check_command;

#endif
