// SPDX-License-Identifier: BSD-2-Clause
// What a decision or a message leaves behind: one log line, the counters of this process and those of the
// domain. Safe from any thread.
#ifndef MILTER_OUTCOME_H
#define MILTER_OUTCOME_H

#include "milter/decide.h"

struct session;

enum outcome_trouble {
    OUTCOME_NO_DIRECTORY, // no replica: every message is accepted
    OUTCOME_NO_MEMORY,
    OUTCOME_SPF_WORKER, // no worker could check: temperror
    OUTCOME_EDIT,       // the MTA did not take a change to the message
    OUTCOME_RECIPIENTS, // recipients may bounce, as Postfix would lose them on a change
    OUTCOME_TROUBLES
};

// Once, before the threads start.
void outcome_register(void);

// A recipient's decision.
void outcome_of_recipient(struct session *session, const char *recipient, const struct decision *decision);

// How a whole message ended: "accepted", or the word of the rule that refused it.
enum outcome_end {
    OUTCOME_ACCEPTED,
    OUTCOME_TOO_BIG,         // its true size exceeds a recipient's or the sender's limit
    OUTCOME_MANY_RECIPIENTS, // from the null sender
    OUTCOME_MANY_FORGED,     // more fields that claim to be ours than are taken out
    OUTCOME_ENDS
};
void outcome_of_message(struct session *session, enum outcome_end end);

// Counts, and logs at most once a minute with what to do. `detail` may be NULL.
void outcome_trouble(enum outcome_trouble trouble, const char *detail);

// On the loop: brings the counters up to date.
void outcome_refresh(void);

#endif
