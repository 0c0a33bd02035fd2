// SPDX-License-Identifier: BSD-2-Clause
#ifndef DAEMON_PRIVILEGES_H
#define DAEMON_PRIVILEGES_H

#include "base/problem.h"

// Whether `user` and `group` can be had, before anything is opened. Returns false with
// what is wrong in `problem`.
bool privileges_check(const char *user, const char *group, struct problem *problem)
    __attribute__((warn_unused_result));

// Becomes `user` and `group` for good (initgroups, setgid, setuid), where the process is root and `user` is
// not empty; an empty `group` is the user's own. Returns false with what is wrong in `problem`.
bool privileges_drop(const char *user, const char *group, struct problem *problem)
    __attribute__((warn_unused_result));

// Keeps keys and passwords out of core files, and this process's memory from other processes of its account.
void privileges_keep_memory(void);

// Raises the soft limit of open files to the hard one.
void privileges_raise_files(void);

#endif
