// SPDX-License-Identifier: BSD-2-Clause
// The number of days for which a mailbox keeps mail: those that its user or its plan sets, or as many as its
// quota leaves room for. Pure.
#ifndef MAILSTORE_EXPIRE_EXPIRE_H
#define MAILSTORE_EXPIRE_EXPIRE_H

#include <stdbool.h>
#include <stdint.h>

#define EXPIRE_DAYS_MAX 3650 // as the rows allow

// The mail of a mailbox by age in whole days since its arrival (INTERNALDATE, RFC 3501 section 2.3.3); what
// is older is in the last place.
struct expire_ages {
    uint64_t plain[EXPIRE_DAYS_MAX + 1], flagged[EXPIRE_DAYS_MAX + 1]; // bytes
};

struct expire_box {
    int64_t days;       // wanted
    int64_t effective;  // in force until now
    int64_t floor_days; // never fewer, unless fewer are wanted
    int64_t quota;      // bytes; 0: none
    int64_t room;       // bytes that should be free
    bool keep_flagged;
    bool may_raise; // the last raise was long enough ago
};

struct expire_decision {
    int64_t effective; // mail of that age or older goes
    bool flagged_too;  // also if it is flagged
    bool over_quota;   // full all the same
    uint64_t left;     // bytes that remain
};

// Reduces the days just enough for `room` to be free, oldest mail first, and flagged mail only if that does
// not suffice. Raises them by a quarter, at least one, while twice the room is free.
struct expire_decision expire_decide(const struct expire_box *box, const struct expire_ages *ages);

// Adds a message that is `age_s` seconds old; a negative age is 0.
void expire_add(struct expire_ages *ages, int64_t age_s, bool flagged, uint64_t bytes);

#endif
