// SPDX-License-Identifier: BSD-2-Clause
// Check that Postfix reaches the daemons' sockets.
#ifndef CTL_SOCKETS_H
#define CTL_SOCKETS_H

#include "ctl/check/finding.h"
#include "ctl/check/postconf.h"

// Checks emailgency/policyd, emailgency/transportmap and, if `milter` is set, emailgency/milter below the
// instance's queue directory, as its mail_owner would.
void sockets_check(const struct postconf *postconf, bool milter, struct findings *findings);

#endif
