// SPDX-License-Identifier: BSD-2-Clause
// The file that the remedy of a finding about Postfix belongs in. Pure.
#ifndef CTL_CHECK_CHECK_PLACE_H
#define CTL_CHECK_CHECK_PLACE_H

#include "ctl/check/finding.h"
#include "ctl/check/postconf.h"

// Names main.cf or master.cf, below the fact postfix.folder, in the findings from number `first` on that have
// a text to write and no file yet. Without that fact nothing happens.
void check_place(const struct postconf *postconf, struct findings *findings, size_t first);

#endif
