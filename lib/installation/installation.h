// SPDX-License-Identifier: BSD-2-Clause
// The files of this installation, by their places relative to the running program: with any prefix, below a
// DESTDIR and in a build tree.
#ifndef INSTALLATION_INSTALLATION_H
#define INSTALLATION_INSTALLATION_H

#include "base/problem.h"

#include <stdbool.h>

enum {
    INSTALLATION_PATH_MAX = 4096, // with the closing NUL
};

enum installation_folder {
    INSTALLATION_PROGRAMS, // sbin: "emailgency-milter"
    INSTALLATION_LIBEXEC,  // libexec: "emailgency/emailgency-spf-worker"
    INSTALLATION_DATA,     // share: "emailgency/sql/migrate", "emailgency/postfix/main.cf"
};

// Writes the absolute path of `name`, relative to that folder, into `path`. Returns false if there is no such
// file; then `problem` says so, and `path` is where it ought to be, or empty if even that is not known.
bool installation_find(enum installation_folder folder, const char *name, char path[INSTALLATION_PATH_MAX],
                       struct problem *problem) __attribute__((warn_unused_result));

#endif
