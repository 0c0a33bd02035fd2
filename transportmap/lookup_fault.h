// SPDX-License-Identifier: BSD-2-Clause
// Faults of look-ups: each is counted, and logged in one line with what to do. The same fault with the same
// subject is logged again only after a minute.
#ifndef TRANSPORTMAP_LOOKUP_FAULT_H
#define TRANSPORTMAP_LOOKUP_FAULT_H

#include "transportmap/lookup/lookup.h"

enum lookup_fault {
    LOOKUP_FAULT_MALFORMED,    // no netstring: the connection is closed
    LOOKUP_FAULT_NO_KEY,       // a request without a key
    LOOKUP_FAULT_TOO_BIG,      // a request above the bound
    LOOKUP_FAULT_UNKNOWN_MAP,  // a map that does not exist
    LOOKUP_FAULT_NO_DIRECTORY, // no replica
    LOOKUP_FAULT_BROKEN_ROUTE, // the rest as the reasons of lookup.h
    LOOKUP_FAULT_UNREACHABLE,
    LOOKUP_FAULT_FORBIDDEN,
    LOOKUP_FAULT_BEST_MX,
    LOOKUP_FAULT_TOO_MANY,
    LOOKUP_FAULT_UNSTORABLE,
    LOOKUP_FAULT_UNREADABLE,
    LOOKUP_FAULTS
};

void lookup_fault_register(void);

// `subject`: a domain or the name of a map, any bytes; empty: none.
void lookup_fault_report(enum lookup_fault fault, struct slice subject);

// Reports LOOKUP_FAULT_NO_DIRECTORY; `problem` is directory_problem()'s, or NULL.
void lookup_fault_no_directory(const char *problem);

// The fault of an answer; false where the reason is none.
bool lookup_fault_of(enum lookup_reason reason, enum lookup_fault *out) __attribute__((warn_unused_result));

#endif
