// SPDX-License-Identifier: BSD-2-Clause
// Follows the entries of facility mail in systemd's journal, as tracker/follow/log_follow.h follows a file. A
// position is the number of bytes of the lines before it; the id of a place is the cursor of the last entry
// before it, so that it does not matter in which files journald has the entries.
#ifndef TRACKER_JOURNAL_JOURNAL_FOLLOW_H
#define TRACKER_JOURNAL_JOURNAL_FOLLOW_H

#include "tracker/follow/log_follow.h"

struct journal_follow;

// `folder` (borrowed) has journal files; NULL: this machine's journal. The others as for log_follow_create;
// both zero: at the oldest entry. Out of memory ends the process.
struct journal_follow *journal_follow_create(const char *folder, const struct log_follow_place *replay,
                                             const struct log_follow_place *place);
void journal_follow_destroy(struct journal_follow *follow);

// As log_follow_next, log_follow_position, log_follow_find and log_follow_changes.
enum log_follow_rc journal_follow_next(struct journal_follow *follow, struct slice *line, int64_t *position)
    __attribute__((warn_unused_result));
int64_t journal_follow_position(const struct journal_follow *follow);
void journal_follow_find(struct journal_follow *follow, int64_t position, struct log_follow_place *out);
int journal_follow_changes(const struct journal_follow *follow);

// Returns whether an entry of facility mail can be read.
bool journal_follow_probe(const char *folder);

#endif
