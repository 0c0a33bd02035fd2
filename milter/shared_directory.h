// SPDX-License-Identifier: BSD-2-Clause
// The replica of the rows, shared by libmilter's threads: one snapshot at a time. A look-up takes
// microseconds, so that they hardly ever wait for each other.
#ifndef MILTER_SHARED_DIRECTORY_H
#define MILTER_SHARED_DIRECTORY_H

#include "directory/directory.h"

// Opens it. False without memory.
bool shared_directory_open(const char *path);
void shared_directory_close(void);

// The newest state, for the calling thread alone until shared_directory_end, which follows in any case and
// soon. NULL without a replica, which is told in the log and counted.
const struct directory_snapshot *shared_directory_begin(void);
void shared_directory_end(void);

// Seconds since the replica was proved current; -1: never, or no replica.
double shared_directory_age(void);

#endif
