// SPDX-License-Identifier: BSD-2-Clause
// The log that is followed: a file, or systemd's journal.
#ifndef TRACKER_LOG_SOURCE_H
#define TRACKER_LOG_SOURCE_H

#include "base/problem.h"
#include "tracker/follow/log_follow.h"
#include "tracker/journal/journal_follow.h"

// One of them, or none yet.
struct log_source {
    struct log_follow *file;
    struct journal_follow *journal;
};

// Takes the value of mail_log: an absolute path, "journal", or "journal:" and a folder. False: it is none of
// these.
bool log_source_check(const char *log, struct problem *problem);

// Begins as log_follow_create does. `log` is borrowed.
void log_source_init(struct log_source *source, const char *log, const struct log_follow_place *replay,
                     const struct log_follow_place *place);
void log_source_finish(struct log_source *source);
bool log_source_is_open(const struct log_source *source);

// As log_follow_next and so on.
enum log_follow_rc log_source_next(struct log_source *source, int64_t now, struct slice *line,
                                   int64_t *position) __attribute__((warn_unused_result));
int64_t log_source_position(const struct log_source *source);
void log_source_find(struct log_source *source, int64_t position, struct log_follow_place *out);
int64_t log_source_left(const struct log_source *source);
int log_source_changes(const struct log_source *source);

// Logs a warning if nothing can be read.
void log_source_probe(const char *log);

#endif
