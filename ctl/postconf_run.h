// SPDX-License-Identifier: BSD-2-Clause
// Runs postconf(1) and returns its output.
#ifndef CTL_POSTCONF_RUN_H
#define CTL_POSTCONF_RUN_H

#include <stdbool.h>

// Returns the text of `postconf -x`, -Mx and -Px, as struct postconf takes it, to be freed; NULL, with a
// human-readable message in `problem`, if postconf cannot be run, fails, prints more than 4 MB or takes
// longer than 30 s. `folder` is the instance's configuration directory; NULL is Postfix's own.
char *postconf_run(const char *folder, const char **problem) __attribute__((warn_unused_result));

#endif
