// SPDX-License-Identifier: BSD-2-Clause
#include "spfrecord/spf_ignored.h"

static bool has_all(struct slice record)
{
    struct record_cursor cursor;
    struct term term;
    record_begin(&cursor, record);
    for (enum record_rc rc; (rc = record_next(&cursor, &term)) != RECORD_END;)
        if (rc == RECORD_TERM && term.kind == TERM_ALL)
            return true;
    return false;
}

void spf_ignored_begin(struct spf_ignored *ignored, struct slice record)
{
    *ignored = (struct spf_ignored){.has_all = has_all(record)};
    record_begin(&ignored->cursor, record);
}

bool spf_ignored_next(struct spf_ignored *ignored, struct slice *out)
{
    struct term term;
    for (enum record_rc rc; (rc = record_next(&ignored->cursor, &term)) != RECORD_END;) {
        const bool counts_anywhere = term.kind == TERM_EXP || term.kind == TERM_MODIFIER;
        const bool is_ignored = rc == RECORD_TERM && !counts_anywhere &&
                                (ignored->is_after || (ignored->has_all && term.kind == TERM_REDIRECT));
        ignored->is_after = ignored->is_after || (rc == RECORD_TERM && term.kind == TERM_ALL);
        *out = term.text;
        if (is_ignored)
            return true;
    }
    return false;
}
