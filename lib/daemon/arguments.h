// SPDX-License-Identifier: BSD-2-Clause
// The arguments of every daemon.
#ifndef DAEMON_ARGUMENTS_H
#define DAEMON_ARGUMENTS_H

#include <stdbool.h>
#include <stdio.h>

enum arguments_mode {
    ARGUMENTS_SERVE,
    ARGUMENTS_CHECK,   // -t
    ARGUMENTS_PRINT,   // -p
    ARGUMENTS_HELP,    // -h
    ARGUMENTS_VERSION, // -V
};

struct arguments {
    enum arguments_mode mode;
    const char *conf_path; // NULL: the default
};

// Reads them; the last of several modes applies, but -h and -V end the reading. Returns false where they are
// wrong; what is wrong is on stderr then.
bool arguments_read(int argc, char **argv, struct arguments *out) __attribute__((warn_unused_result));

// Prints how to call the daemon of this name.
void arguments_usage(const char *name, const char *default_conf, FILE *out);

#endif
