// SPDX-License-Identifier: BSD-2-Clause
// A program of Postfix, run to its end.
#ifndef QUEUEHOLD_HOLD_PROGRAM_H
#define QUEUEHOLD_HOLD_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#define HOLD_OUTPUT_MAX 65536 // of its output, which is kept; the rest is read and dropped

// Runs argv, which ends in NULL and whose first is a path, with standard output and error in `out`, closed by
// NUL. Returns its exit status; -1 if it cannot be run, or a signal ended it.
int hold_program_run(const char *const *argv, char out[HOLD_OUTPUT_MAX]);

#endif
