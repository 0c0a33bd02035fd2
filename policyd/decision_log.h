// SPDX-License-Identifier: BSD-2-Clause
// Log lines and statistics of decisions: the counters of this process and those of the domain.
#ifndef POLICYD_DECISION_LOG_H
#define POLICYD_DECISION_LOG_H

struct request;

enum decision_log_fault {
    DECISION_LOG_NO_DIRECTORY, // no replica: every answer is DUNNO
    DECISION_LOG_DEADLINE,     // something hung past the deadline
    DECISION_LOG_BAD_REQUEST,  // a malformed request
    DECISION_LOG_TOO_BIG,      // a request above the bound
    DECISION_LOG_FAULTS
};

void decision_log_register(void);

// Logs and counts the settled decision; in `activity` once per SMTP transaction.
void decision_log_record(const struct request *request);

// Counts, and logs at most once per minute with what to do. `request` may be NULL.
void decision_log_fault(const struct request *request, enum decision_log_fault fault);

#endif
