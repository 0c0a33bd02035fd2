// SPDX-License-Identifier: BSD-2-Clause
// Runs a program and returns its output.
#ifndef CTL_SETUP_RUN_H
#define CTL_SETUP_RUN_H

#include "base/problem.h"
#include "ctl/setup/setup_text.h"

// Runs `argv`, which ends in NULL, in folder / and adds what it prints, on either stream, to `out`. Returns
// its exit code; -1, with a human-readable message in `problem`, if it cannot be started, ends by a signal,
// prints more than 32 MB or takes longer than ten minutes.
int setup_run(const char *const *argv, struct setup_text *out, struct problem *problem)
    __attribute__((warn_unused_result));

// The same with the output in `out` only if the exit code is 0; any other is a problem that quotes the
// output.
bool setup_run_read(const char *const *argv, struct setup_text *out, struct problem *problem)
    __attribute__((warn_unused_result));

// Signals, to 0, that a caller may ignore, and that the program gets nevertheless.
extern const int setup_run_ignored[];

// Prints the command as one would type it in a shell.
void setup_run_quote(const char *const *argv, struct setup_text *out);

#endif
