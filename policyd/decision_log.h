// SPDX-License-Identifier: BSD-2-Clause
// Log lines and counters of decisions.
#ifndef POLICYD_DECISION_LOG_H
#define POLICYD_DECISION_LOG_H

#include "policyd/decide/policy_decide.h"

enum decision_log_fault {
    DECISION_LOG_NO_DIRECTORY, // no replica: every answer is DUNNO
    DECISION_LOG_DEADLINE,     // a look-up took longer than the deadline
    DECISION_LOG_BAD_REQUEST,  // malformed
    DECISION_LOG_TOO_BIG,      // above POLICY_REQUEST_MAX
    DECISION_LOG_FAULTS
};

void decision_log_register(void);

// Logs and counts a settled decision that took `took_us` microseconds. `listing` has an empty zone if there
// is none.
void decision_log_record(const struct policy_decision *decision, const struct envelope *envelope,
                         const struct dnsbl_result *listing, int64_t took_us);

// Logs which queue file a transaction got, so that the decisions on its recipients, which were made before it
// had one, are found by their instance.
void decision_log_queue_id(const struct policy_request *request);

// Counts a fault, and logs it at most once per minute with advice. `problem` is part of the line; NULL: none.
void decision_log_fault(enum decision_log_fault fault, const char *problem);

#endif
