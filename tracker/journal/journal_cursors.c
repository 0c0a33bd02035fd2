// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/journal/journal_cursors.h"

static const struct log_follow_place *nth(const struct journal_cursors *cursors, size_t n)
{
    return &cursors->places[n % JOURNAL_CURSORS];
}

bool journal_cursors_due(const struct journal_cursors *cursors, int64_t position)
{
    return cursors->count == 0 ||
           position - nth(cursors, cursors->count - 1)->position >= JOURNAL_CURSOR_STEP;
}

void journal_cursors_note(struct journal_cursors *cursors, const struct log_follow_place *place)
{
    cursors->places[cursors->count++ % JOURNAL_CURSORS] = *place;
}

const struct log_follow_place *journal_cursors_find(const struct journal_cursors *cursors, int64_t position)
{
    const size_t kept = cursors->count < JOURNAL_CURSORS ? cursors->count : JOURNAL_CURSORS;
    for (size_t i = 1; i <= kept; i++)
        if (nth(cursors, cursors->count - i)->position <= position)
            return nth(cursors, cursors->count - i);
    return NULL;
}
