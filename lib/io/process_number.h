// SPDX-License-Identifier: BSD-2-Clause
#ifndef IO_PROCESS_NUMBER_H
#define IO_PROCESS_NUMBER_H

#include <stdbool.h>
#include <sys/types.h>

// Reads the number of a process, at least 1, from a file that a daemon wrote: digits in its first line, with
// blanks around them (Postfix's master(8) pads them). No symbolic link is followed. Returns false if there is
// none.
bool process_number_read(const char *path, pid_t *out) __attribute__((warn_unused_result));

#endif
