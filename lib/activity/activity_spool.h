// SPDX-License-Identifier: BSD-2-Clause
// The file in which counts outlive the process while the database is away.
#ifndef ACTIVITY_ACTIVITY_SPOOL_H
#define ACTIVITY_ACTIVITY_SPOOL_H

#include "activity/activity_batch.h"

// ACTIVITY_SPOOL_SYNCED: the file survives a crash of the machine, not only of the process; the call waits
// for the disk.
enum activity_spool_sync { ACTIVITY_SPOOL_UNSYNCED, ACTIVITY_SPOOL_SYNCED };

// Replaces the file by the batches of `list` and then `current`, which may be NULL: written beside and
// renamed. Returns false with errno set, the old file in place.
bool activity_spool_write(const char *path, const struct activity_batch *list,
                          const struct activity_batch *current, enum activity_spool_sync sync)
    __attribute__((warn_unused_result));

// Returns whether the file could be written; false with errno set.
bool activity_spool_writable(const char *path) __attribute__((warn_unused_result));

// The batches in the file, NULL where there is none. Damaged lines are logged and skipped.
struct activity_batch *activity_spool_read(const char *path);

// Removes the file, where there is one.
void activity_spool_remove(const char *path);

#endif
