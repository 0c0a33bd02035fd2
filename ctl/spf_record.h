// SPDX-License-Identifier: BSD-2-Clause
// emailgencyctl spf record.
#ifndef CTL_SPF_RECORD_H
#define CTL_SPF_RECORD_H

#include "ctl/command/ctl.h"

extern const struct ctl_command spf_record_command;

#endif
