// SPDX-License-Identifier: BSD-2-Clause
// What goes wrong: counted each time, and told in one line with what to do. The same trouble with the same
// subject is told again only after a minute.
#ifndef TRANSPORTMAP_TROUBLE_H
#define TRANSPORTMAP_TROUBLE_H

#include "transportmap/lookup.h"

enum trouble {
    TROUBLE_MALFORMED,    // what came is no netstring: the connection is closed
    TROUBLE_NO_KEY,       // a request without a key
    TROUBLE_TOO_BIG,      // a request above the bound
    TROUBLE_UNKNOWN_MAP,  // a map that is none of ours
    TROUBLE_NO_DIRECTORY, // no replica
    TROUBLE_BROKEN_ROUTE, // the rest as the reasons of lookup.h
    TROUBLE_UNREACHABLE,
    TROUBLE_FORBIDDEN,
    TROUBLE_BEST_MX,
    TROUBLE_TOO_MANY,
    TROUBLE_UNSTORABLE,
    TROUBLE_UNREADABLE,
    TROUBLES
};

void trouble_register(void);

// `subject` is what it is about, any bytes, or empty.
void trouble_tell(enum trouble trouble, struct slice subject);

// The trouble behind an answer; false where the reason is none.
bool trouble_of(enum lookup_reason reason, enum trouble *out) __attribute__((warn_unused_result));

#endif
