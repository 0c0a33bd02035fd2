// SPDX-License-Identifier: BSD-2-Clause
// The output of doveconf(1) as facts. Pure.
#ifndef CTL_CHECK_DOVECONF_H
#define CTL_CHECK_DOVECONF_H

#include "base/slice.h"

#include <stdio.h>

// Writes each setting of `doveconf -n` as a line "dovecot.SECTION.NAME = value". A section's name has dots
// for blanks, as in "dovecot.service.auth.unix_listener./run/x.mode"; passdb and userdb are numbered in their
// order, "dovecot.passdb.0.driver". Quotes around a value are left out.
void doveconf_flatten(struct slice text, FILE *out);

#endif
