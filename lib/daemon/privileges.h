// SPDX-License-Identifier: BSD-2-Clause
// The account that a daemon runs as.
#ifndef DAEMON_PRIVILEGES_H
#define DAEMON_PRIVILEGES_H

#include "base/problem.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct privileges {
    bool is_root; // this process is root's, and becomes the account below
    uid_t uid;
    gid_t gid;
    uint32_t kept_capabilities; // of the first 32 (capabilities(7)), a bit for each, those that stay; the
                                // caller's to set
    char name[64];
    char home[PATH_MAX];
};

// Finds the account before anything is opened: `user`; where that is empty, for a process of root the account
// `own`, for another one the account that it has. An empty `group` is the account's own. Returns false with
// what is wrong and what to do in `problem`.
bool privileges_find(const char *own, const char *user, const char *group, struct privileges *out,
                     struct problem *problem) __attribute__((warn_unused_result));

// Becomes the account for good, where the process is root's: its groups (initgroups(3)), group, user, and
// HOME, USER and LOGNAME, by which libraries find files. Before threads are started. Returns false with what
// is wrong in `problem`.
bool privileges_drop(const struct privileges *privileges, struct problem *problem)
    __attribute__((warn_unused_result));

// Keeps keys and passwords out of core files, and this process's memory from other processes of its account.
void privileges_keep_memory(void);

// Raises the soft limit of open files to the hard one.
void privileges_raise_files(void);

#endif
