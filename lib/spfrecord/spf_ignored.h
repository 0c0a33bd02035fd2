// SPDX-License-Identifier: BSD-2-Clause
// Terms of a right record that receivers ignore (RFC 7208 sections 5.1 and 6.1): mechanisms after `all`, and
// a redirect beside it. Pure.
#ifndef SPFRECORD_SPF_IGNORED_H
#define SPFRECORD_SPF_IGNORED_H

#include "spfrecord/record.h"

struct spf_ignored {
    struct record_cursor cursor;
    bool has_all, is_after;
};

void spf_ignored_begin(struct spf_ignored *ignored, struct slice record);

// Finds the next one. Returns false if there is none.
bool spf_ignored_next(struct spf_ignored *ignored, struct slice *out);

#endif
