// SPDX-License-Identifier: BSD-2-Clause
#ifndef SPFWORKER_SYSTEM_CALLS_H
#define SPFWORKER_SYSTEM_CALLS_H

#include <stdbool.h>

// From now on a system call that the worker has no use for ends the process (SIGSYS). Needs
// PR_SET_NO_NEW_PRIVS.
bool system_calls_restrict(void) __attribute__((warn_unused_result));

#endif
