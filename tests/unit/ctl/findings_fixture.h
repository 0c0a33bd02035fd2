// SPDX-License-Identifier: BSD-2-Clause
// Findings about a right instance or node of which a case changes lines.
#ifndef UNIT_CTL_FINDINGS_FIXTURE_H
#define UNIT_CTL_FINDINGS_FIXTURE_H

#include "ctl/check/finding.h"
#include "directory/directory.h"

extern const struct directory_snapshot *findings_snapshot;
extern char *findings_good; // the text in which all is right

// Opens a replica of the rows in `rows`, and reads `good`, both in tests/cases/ctl.
int findings_setup(const char *rows, const char *good);
int findings_teardown(void **state);

// The right text with the lines of a case after it, for free: "a = b | c = d"; the last of a name counts.
char *findings_changed(struct slice input);

#endif
