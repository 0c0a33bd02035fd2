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

// Reports that what an option leads to would stop the start or have no effect; `problem` says why and what to do.
void self_check_report(const char *option, const struct problem *problem);

// The program at an absolute path cannot be executed.
void self_check_program(const char *option, const char *path);

// A folder that exists, or the files in it that its user needs, cannot be used. A folder that does not exist
// is no finding: systemd, or the daemon that writes there, makes it.
void self_check_readable_folder(const char *option, const char *path);
void self_check_writable_folder(const char *option, const char *path);

// Likewise the folder of a file that is written there; "" is none.
void self_check_writable_file(const char *option, const char *path);

// The same for a replica that this daemon reads.
void self_check_replica(const char *path);

#endif
