// SPDX-License-Identifier: BSD-2-Clause
// The file of one shard, which Dovecot reads again when its time or size changes.
#ifndef MAILSTORE_LIMITS_LIMITS_FILE_H
#define MAILSTORE_LIMITS_LIMITS_FILE_H

#include "base/slice.h"

// Replaces the file `name` in the folder; its time of change is later than before by a second at least.
// Returns false with errno set.
bool limits_file_write(const char *folder, unsigned shard, struct slice text)
    __attribute__((warn_unused_result));

// Removes what a process that ended in the middle left.
void limits_file_clean(const char *folder);

#endif
