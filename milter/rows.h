// SPDX-License-Identifier: BSD-2-Clause
// The replica of the rows, shared by libmilter's threads: one snapshot at a time. A look-up takes
// microseconds, so that they hardly ever wait for each other.
#ifndef MILTER_ROWS_H
#define MILTER_ROWS_H

#include "directory/directory.h"

// Opens it. False without memory.
bool rows_open(const char *path);
void rows_close(void);

// The newest state, for the calling thread alone until rows_end, which follows in any case and soon. NULL
// without a replica, which is told in the log and counted.
const struct directory_snapshot *rows_begin(void);
void rows_end(void);

// Seconds since the replica was proved current; -1: never, or no replica.
double rows_age(void);

#endif
