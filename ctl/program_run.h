// SPDX-License-Identifier: BSD-2-Clause
// Another program's output, line by line, within a deadline.
#ifndef CTL_PROGRAM_RUN_H
#define CTL_PROGRAM_RUN_H

#include "base/slice.h"

enum program_run_rc {
    PROGRAM_RUN_OK,     // it ended with 0
    PROGRAM_RUN_FAILED, // it ended otherwise
    PROGRAM_RUN_LATE,   // it was killed at the deadline
    PROGRAM_RUN_NONE    // there is no such program, or no way to run it
};

// Runs `argv`, searched in PATH and in /usr/sbin, with no input. Each line of its output and of its errors is
// passed on; a line of more than 4 MB is not. At the end the program does not run any more.
enum program_run_rc program_run(const char *const *argv, int wait_ms,
                                void (*on_line)(void *arg, struct slice line), void *arg)
    __attribute__((warn_unused_result));

#endif
