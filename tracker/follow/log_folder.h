// SPDX-License-Identifier: BSD-2-Clause
// The files that a log had before: in its folder, with its name in front, such as mail.log.1 or
// mail.log-20261129. Compressed ones are left out.
#ifndef TRACKER_FOLLOW_LOG_FOLDER_H
#define TRACKER_FOLLOW_LOG_FOLDER_H

#include "tracker/follow/log_file.h"

#include <limits.h>

// The file of that id which is the longest and has at least `size` bytes. False: none.
bool log_folder_find(const char *log, const char *id, int64_t size, char out[PATH_MAX]);

// The file that was written to next after `file`: of those changed since, the one changed first. False: none.
bool log_folder_next(const char *log, const struct log_file *file, char out[PATH_MAX]);

#endif
