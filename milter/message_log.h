// SPDX-License-Identifier: BSD-2-Clause
// Logging and statistics of decisions and messages: one log line, the metrics of this process, and the counts
// of the domain (activity). Safe from any thread.
#ifndef MILTER_MESSAGE_LOG_H
#define MILTER_MESSAGE_LOG_H

#include "milter/decide/rcpt_decide.h"

struct session;

enum message_log_fault {
    MESSAGE_LOG_NO_DIRECTORY, // no replica; every message is accepted
    MESSAGE_LOG_NO_MEMORY,
    MESSAGE_LOG_SPF_WORKER, // no SPF worker could check; the result is temperror
    MESSAGE_LOG_EDIT,       // the MTA refused a change to the message
    MESSAGE_LOG_RECIPIENTS, // bounce_protection is skipped, because Postfix would lose recipients
    MESSAGE_LOG_FAULTS
};

// Registers the metrics. Call once, before the threads start.
void message_log_register(void);

// Logs and counts the decision for one recipient. A decision that still needs SPF counts as accepted.
void message_log_recipient(struct session *session, const struct mail_address *recipient,
                           const struct rcpt_decision *decision);

// The result of a whole message.
enum message_log_end {
    MESSAGE_LOG_ACCEPTED,
    MESSAGE_LOG_TOO_BIG,         // the actual size exceeds a recipient's or the sender's limit
    MESSAGE_LOG_MANY_RECIPIENTS, // a bounce to more than one recipient
    MESSAGE_LOG_MANY_FORGED,     // more forged result fields than the milter removes
    MESSAGE_LOG_ENDS
};
// Logs and counts the end of a message.
void message_log_message(struct session *session, enum message_log_end end);

// Counts the fault, and logs it with advice at most once per minute. `detail` may be NULL.
void message_log_fault(enum message_log_fault fault, const char *detail);

#endif
