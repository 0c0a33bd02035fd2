// SPDX-License-Identifier: BSD-2-Clause
#ifndef DAEMON_PRIVILEGES_H
#define DAEMON_PRIVILEGES_H

// Whether `user` and `group` can be had, before anything is opened. Returns NULL or what is wrong.
const char *privileges_check(const char *user, const char *group);

// Becomes `user` and `group` for good (initgroups, setgid, setuid), where the process is root and `user` is
// not empty; an empty `group` is the user's own. Returns NULL or what is wrong.
const char *privileges_drop(const char *user, const char *group);

// Keeps keys and passwords out of core files, and this process's memory from other processes of its account.
void privileges_keep_memory(void);

// Raises the soft limit of open files to the hard one.
void privileges_raise_files(void);

#endif
