// SPDX-License-Identifier: BSD-2-Clause
// One file of a log, read in lines. A file is known by a hash of its first line, which stays when it is
// renamed or copied.
#ifndef TRACKER_FOLLOW_LOG_FILE_H
#define TRACKER_FOLLOW_LOG_FILE_H

#include "base/slice.h"

#include <stdint.h>
#include <sys/types.h>

#define LOG_FILE_ID_MAX 17
enum { LOG_FILE_BUFFER = 262144, LOG_FILE_LINE_MAX = 16384 };

struct log_file {
    int fd; // -1: none
    dev_t device;
    ino_t inode;
    char id[LOG_FILE_ID_MAX]; // empty: its first line is not complete yet
    int64_t offset;           // of the next line
    bool is_cut;              // the rest of a line that is too long is skipped
    size_t start, end;        // of what is read in `buffer` and not taken yet; start is at `offset`
    char buffer[LOG_FILE_BUFFER];
};

// The id of an open file; empty, as above.
void log_file_id(int fd, char out[LOG_FILE_ID_MAX]);

// Opens it at an offset. False with errno set.
bool log_file_open(struct log_file *file, const char *path, int64_t offset)
    __attribute__((warn_unused_result));
void log_file_close(struct log_file *file);

// True if its lines before the offset are others now, as after copytruncate.
bool log_file_is_truncated(const struct log_file *file);

// The next complete line without its end, of at most LOG_FILE_LINE_MAX bytes; the rest of a longer one is
// skipped. It lives until the next call. False: there is none yet, or reading failed (errno, else 0).
bool log_file_line(struct log_file *file, struct slice *out) __attribute__((warn_unused_result));

// The bytes after the last line end of a file that will not grow. False: none.
bool log_file_rest(struct log_file *file, struct slice *out) __attribute__((warn_unused_result));

#endif
