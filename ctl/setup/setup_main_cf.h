// SPDX-License-Identifier: BSD-2-Clause
// Postfix's main.cf with Emailgency's parameters.
#ifndef CTL_SETUP_SETUP_MAIN_CF_H
#define CTL_SETUP_SETUP_MAIN_CF_H

#include "base/problem.h"
#include "ctl/setup/setup_text.h"

#define SETUP_DROP_MYNETWORKS "with --drop-permit-mynetworks"

struct setup_main_cf {
    struct slice in;      // main.cf without marks
    struct slice snippet; // packaging/postfix/main.cf
    bool drop_permit_mynetworks;
};

// Adds to `out` the file with a block at its end, in which each parameter of the snippet has the value that
// its rule gives; entries of these parameters before it become marked comments. Adds a line to `notes` for
// each of the operator's parameters that stays. Returns false if a value cannot be combined.
bool setup_main_cf_apply(const struct setup_main_cf *setup, struct setup_text *out, struct setup_text *notes,
                         struct problem *problem) __attribute__((warn_unused_result));

#endif
