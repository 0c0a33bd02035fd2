// SPDX-License-Identifier: BSD-2-Clause
// Postfix's master.cf with Emailgency's services.
#ifndef CTL_SETUP_SETUP_MASTER_CF_H
#define CTL_SETUP_SETUP_MASTER_CF_H

#include "ctl/setup/setup_text.h"

struct setup_master_cf {
    struct slice in;      // master.cf without marks
    struct slice snippet; // packaging/postfix/master.cf
};

// Adds to `out` the file with the services of the snippet. A service of the operator that takes submitted
// mail (submission, submissions, smtps, or their ports) stays, and gets the snippet's -o lines of submission
// by a rule for each parameter; its lines of parameters that are set become marked comments. Services that
// are not there are added in a block at the end, with relay, which routes name. Adds a line to `notes` for
// each -o that stays.
void setup_master_cf_apply(const struct setup_master_cf *setup, struct setup_text *out,
                           struct setup_text *notes);

#endif
