// SPDX-License-Identifier: BSD-2-Clause
// What an answer leaves behind: one log line, the counters of this process and those of the domain.
#ifndef POLICYD_DECISION_LOG_H
#define POLICYD_DECISION_LOG_H

struct request;

enum decision_log_trouble {
    DECISION_LOG_NO_DIRECTORY, // no replica: every answer is DUNNO
    DECISION_LOG_DEADLINE,     // something hung past the deadline
    DECISION_LOG_BAD_REQUEST,  // no policy request
    DECISION_LOG_TOO_BIG,      // a request above the bound
    DECISION_LOG_TROUBLES
};

void decision_log_register(void);

// Logs and counts the settled decision; in `activity` once an SMTP transaction.
void decision_log_record(const struct request *request);

// Counts, and logs at most once a minute with what to do. `transaction` may be NULL.
void decision_log_trouble(const struct request *request, enum decision_log_trouble trouble);

#endif
