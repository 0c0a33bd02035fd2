// SPDX-License-Identifier: BSD-2-Clause
// The replica of the rows, shared by libmilter's threads: one snapshot at a time. A callback takes it once,
// for microseconds, and never across a wait: after an SPF check it takes a new one.
#ifndef MILTER_SHARED_DIRECTORY_H
#define MILTER_SHARED_DIRECTORY_H

#include "directory/directory.h"

// Opens the replica. Returns false if out of memory.
bool shared_directory_open(const char *path);
void shared_directory_close(void);

// Locks the replica and returns its newest state, for the calling thread alone until shared_directory_end,
// which must follow in any case. NULL without a replica, which is logged and counted.
const struct directory_snapshot *shared_directory_begin(void);
void shared_directory_end(void);

// Brings the replica's age in the metrics up to date (directory/directory_age.h).
void shared_directory_refresh(void);

#endif
