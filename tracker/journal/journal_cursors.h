// SPDX-License-Identifier: BSD-2-Clause
// Cursors of entries that were passed, one per CURSOR_STEP of positions, as far back as a replay may begin.
#ifndef TRACKER_JOURNAL_JOURNAL_CURSORS_H
#define TRACKER_JOURNAL_JOURNAL_CURSORS_H

#include "tracker/follow/log_follow.h"

enum { JOURNAL_CURSOR_STEP = 131072, JOURNAL_CURSORS = 2080 }; // 260 MB

struct journal_cursors {
    struct log_follow_place places[JOURNAL_CURSORS]; // a ring
    size_t count;                                    // all that were ever noted
};

// Returns whether the place of that position is to be noted, given what is.
bool journal_cursors_due(const struct journal_cursors *cursors, int64_t position);
void journal_cursors_note(struct journal_cursors *cursors, const struct log_follow_place *place);
// The last place that is not after the position; NULL: none is kept.
const struct log_follow_place *journal_cursors_find(const struct journal_cursors *cursors, int64_t position);

#endif
