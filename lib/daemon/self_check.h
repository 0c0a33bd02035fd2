// SPDX-License-Identifier: BSD-2-Clause
// The checks of -t that need the rights of the daemon's account. Each finding is one line on stderr.
#ifndef DAEMON_SELF_CHECK_H
#define DAEMON_SELF_CHECK_H

#include "base/problem.h"
#include "conf/conf.h"
#include "daemon/privileges.h"

struct self_check_spec {
    const char *name;      // the daemon's
    const char *conf_path; // NULL: it reads no file
    const struct conf_option *options;
    const void *conf;
    void (*probe)(void); // the daemon's own checks; may be NULL
};

// Runs the checks in a child that has the account's rights. Returns whether they found nothing. Where this
// process neither has that account nor is root's, nothing can be found out.
bool self_check_run(const struct self_check_spec *spec, const struct privileges *privileges)
    __attribute__((warn_unused_result));

// ---- for `probe`

// Reports that what an option leads to would stop the start or have no effect; `problem` says why and what to
// do.
void self_check_report(const char *option, const struct problem *problem);

// The program at an absolute path cannot be executed.
void self_check_program(const char *option, const char *path);

// A file that the daemon replaces, or its folder, cannot be written; "" is none. A folder or file that does
// not exist is no finding, here and below: systemd, or the daemon that writes there, makes it.
void self_check_writable_file(const char *option, const char *path);

// Likewise for the folder and the files of a replica that this daemon reads, and for the one that it writes.
void self_check_replica(const char *path);
void self_check_own_replica(const char *path);

#endif
