// SPDX-License-Identifier: BSD-2-Clause
// What an answer leaves behind: one log line, the counters of this process and those of the domain.
#ifndef POLICYD_OUTCOME_H
#define POLICYD_OUTCOME_H

struct transaction;

enum outcome_trouble {
    OUTCOME_NO_DIRECTORY, // no replica: every answer is DUNNO
    OUTCOME_DEADLINE,     // something hung past the deadline
    OUTCOME_BAD_REQUEST,  // no policy request
    OUTCOME_TOO_BIG,      // a request above the bound
    OUTCOME_TROUBLES
};

void outcome_register(void);

// Logs and counts the settled decision; in `activity` once an SMTP transaction.
void outcome_record(const struct transaction *transaction);

// Counts, and logs at most once a minute with what to do. `transaction` may be NULL.
void outcome_trouble(const struct transaction *transaction, enum outcome_trouble trouble);

#endif
