// SPDX-License-Identifier: BSD-2-Clause
// Terms for which receivers take a record for broken (RFC 7208 section 4.6), so that no advice may pass over
// them. Pure.
#ifndef SPFRECORD_SPF_FAULT_H
#define SPFRECORD_SPF_FAULT_H

#include "spfrecord/record.h"

enum spf_fault_kind {
    SPF_FAULT_SYNTAX,
    SPF_FAULT_TWICE, // a second redirect or exp
    SPF_FAULT_NAME,  // a comma, semicolon or colon in a name: two terms without a blank
};

struct spf_fault {
    enum spf_fault_kind kind;
    struct slice term;
    const char *right; // a right term in its place; NULL if it is there twice
};

// Finds the next one from where `cursor` is. Returns false if there is none.
bool spf_fault_next(struct record_cursor *cursor, struct spf_fault *out);

// Returns whether the record has one.
bool spf_fault_in(struct slice record);

#endif
