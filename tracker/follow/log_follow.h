// SPDX-License-Identifier: BSD-2-Clause
// Follows a log file across rotation (renamed, with a new file in its place) and copytruncate. A line is
// known by its position, the number of bytes before it over all files. Nothing is missed but what was removed
// or compressed while nobody followed.
#ifndef TRACKER_FOLLOW_LOG_FOLLOW_H
#define TRACKER_FOLLOW_LOG_FOLLOW_H

#include "tracker/follow/log_file.h"

#define LOG_FOLLOW_ID_MAX 256

struct log_follow;

// The place of a position: `offset` in the file `id`, or after the entry of the journal whose cursor `id` is.
struct log_follow_place {
    int64_t position, offset;
    char id[LOG_FOLLOW_ID_MAX];
};

enum log_follow_rc {
    LOG_FOLLOW_LINE,
    LOG_FOLLOW_PART,  // the end of a file that was rotated in the middle of a line: the next line may be the
                      // rest of it
    LOG_FOLLOW_WAIT,  // nothing new
    LOG_FOLLOW_GAP,   // what came next is gone: the following lines are of another file
    LOG_FOLLOW_FAILED // errno says why; try again later
};

// Begins at `replay`, so that the positions from `place` on are as they were; both zero: at the start of the
// file. What cannot be found is skipped and reported as LOG_FOLLOW_GAP. `path` is borrowed. Out of memory
// ends the process.
struct log_follow *log_follow_create(const char *path, const struct log_follow_place *replay,
                                     const struct log_follow_place *place);
void log_follow_destroy(struct log_follow *follow);

// The next line, which lives until the next call, and its position. `now` is clock_mono_ms.
enum log_follow_rc log_follow_next(struct log_follow *follow, int64_t now, struct slice *line,
                                   int64_t *position) __attribute__((warn_unused_result));

// The position after the last line.
int64_t log_follow_position(const struct log_follow *follow);
// The place of a position that was passed, exact enough to begin there.
void log_follow_find(const struct log_follow *follow, int64_t position, struct log_follow_place *out);
// Bytes of the current file after the last line; -1: not known.
int64_t log_follow_left(const struct log_follow *follow);
// For a watch of changes (inotify).
int log_follow_changes(const struct log_follow *follow);

#endif
