// SPDX-License-Identifier: BSD-2-Clause
// A file as it is and as it is to be.
#ifndef CTL_SETUP_CHANGE_H
#define CTL_SETUP_CHANGE_H

#include "base/problem.h"
#include "ctl/setup/setup_text.h"

#include <limits.h>
#include <sys/stat.h>

struct setup_change {
    char path[PATH_MAX]; // absolute; of a symbolic link its target, which is the file that is written
    bool exists;
    struct stat status;       // if it exists
    struct setup_text before; // as it is
    struct setup_text base;   // without what setup added
    struct setup_text after;  // as it is to be; if empty where `base` is empty, too, there is to be no file
    size_t edited;            // the line of the first block that was edited by hand; 0: none
};

// Reads a file, which need not be there. Returns false if it cannot be read, is no regular file, has a NUL
// byte, is larger than 4 MB or has marks without a partner.
bool setup_change_read(struct setup_change *change, const char *path, struct problem *problem)
    __attribute__((warn_unused_result));

// Returns whether there is something to write.
bool setup_change_differs(const struct setup_change *change);

// Prints a unified diff.
bool setup_change_print(const struct setup_change *change, struct problem *problem)
    __attribute__((warn_unused_result));

// Puts `after` in place of the file at once, with its owner and mode, or removes the file. Returns false,
// with the file as it was, if it fails or if the file is no longer as it was read.
bool setup_change_write(const struct setup_change *change, struct problem *problem)
    __attribute__((warn_unused_result));

// Puts `before` in place again, after setup_change_write.
bool setup_change_restore(const struct setup_change *change, struct problem *problem)
    __attribute__((warn_unused_result));

// Removes the new file of a run that was killed before it had the file's name.
void setup_change_sweep(const struct setup_change *change);

void setup_change_finish(struct setup_change *change);

#endif
