// SPDX-License-Identifier: BSD-2-Clause
// A child process whose output is read: a program, or a function under another account.
#ifndef CTL_CHILD_H
#define CTL_CHILD_H

#include "base/problem.h"

#include <stdbool.h>
#include <stdio.h>

enum child_errors { CHILD_ERRORS_SHOWN, CHILD_ERRORS_DROPPED, CHILD_ERRORS_READ };

struct child_spec {
    const char *const
        *argv; // the program, found by PATH or in /usr/sbin, /usr/bin, /sbin, /bin; ends in NULL
    void (*act)(FILE *out, void *arg); // with argv NULL: called in the child
    void *arg;
    const char *account; // whose rights and HOME it has, and no other variable; NULL: this process's
    enum child_errors errors;
};

// Returns the output, to be freed. Returns NULL, with a human-readable message in `problem`, if the child
// cannot be started or its account not be taken, fails, writes more than 4 MB or takes longer than 30 s. Of a
// program that fails the message is the last line that it wrote, if that was read.
char *child_run(const struct child_spec *spec, struct problem *problem);

#endif
