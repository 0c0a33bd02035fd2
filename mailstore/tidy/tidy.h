// SPDX-License-Identifier: BSD-2-Clause
// The decision on addresses that no row names and that have mail: a candidate mailbox, or Undelivered. Pure.
#ifndef MAILSTORE_TIDY_TIDY_H
#define MAILSTORE_TIDY_TIDY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Of a domain.
struct tidy_room {
    bool catchall;
    int64_t candidates_left; // within the plan's max_candidates
    int64_t hour_left;       // within the setting candidates_per_hour
    int64_t candidate_quota; // bytes; 0: none
    int64_t run_addresses;   // setting tidy_run_addresses
};

enum tidy_state {
    TIDY_UNKNOWN,
    TIDY_BLOCKED, // by discard()
    TIDY_DELETED, // the mailbox was deleted, and its earlier mail is still there
    TIDY_FULL     // a candidate with no room for more
};

struct tidy_user {
    enum tidy_state state;
    int64_t bytes;
    bool spf_passed;  // a message of it did not fail SPF
    int64_t alike;    // unknown addresses of the domain that the same sender wrote to within a day
    bool looked_into; // false: its mail could not be read, so it is left for later
};

enum tidy_action { TIDY_WAIT, TIDY_CANDIDATE, TIDY_UNDELIVERED };

enum tidy_reason {
    TIDY_NEW,
    TIDY_NOT_READ,
    TIDY_NOT_MOVED,  // Dovecot did not say that it moved the mail
    TIDY_NO_MAILBOX, // a candidate was refused by the rows: no mailbox can have the address, or there is no
                     // room
    TIDY_IS_BLOCKED,
    TIDY_IS_DELETED,
    TIDY_IS_FULL,
    TIDY_NO_CATCHALL,
    TIDY_SPF_FAILED,
    TIDY_DICTIONARY_RUN,
    TIDY_OVER_CANDIDATE_QUOTA,
    TIDY_NO_CANDIDATE_LEFT,
    TIDY_HOUR_EXHAUSTED,
    TIDY_REASONS
};

struct tidy_decision {
    enum tidy_action action;
    enum tidy_reason reason;
};

// Decides on one address, and takes the candidate that it makes off `room`.
struct tidy_decision tidy_decide(struct tidy_room *room, const struct tidy_user *user);

// The decision instead, where the candidate was not made. Puts it back into `room`.
struct tidy_decision tidy_decide_refused(struct tidy_room *room);

const char *tidy_reason_word(enum tidy_reason reason);
const char *tidy_action_word(enum tidy_action action);

#endif
