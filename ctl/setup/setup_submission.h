// SPDX-License-Identifier: BSD-2-Clause
// A submission service of the operator with Emailgency's -o lines.
#ifndef CTL_SETUP_SETUP_SUBMISSION_H
#define CTL_SETUP_SETUP_SUBMISSION_H

#include "ctl/setup/setup_text.h"

// Adds the lines of `service` to `out`, with a block of those options of `wanted`, the snippet's service,
// that it does not have in the same form. The level of TLS and the name in the log stay the operator's.
void setup_submission_apply(struct slice service, struct slice wanted, struct setup_text *out,
                            struct setup_text *notes);

#endif
