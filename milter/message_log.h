// SPDX-License-Identifier: BSD-2-Clause
// Log lines and statistics of decisions and messages: the counters of this process and those of the domain.
// Safe from any thread.
#ifndef MILTER_MESSAGE_LOG_H
#define MILTER_MESSAGE_LOG_H

#include "milter/decide/rcpt_decide.h"

struct session;

enum message_log_fault {
    MESSAGE_LOG_NO_DIRECTORY, // no replica: every message is accepted
    MESSAGE_LOG_NO_MEMORY,
    MESSAGE_LOG_SPF_WORKER, // no worker could check: temperror
    MESSAGE_LOG_EDIT,       // the MTA did not take a change to the message
    MESSAGE_LOG_RECIPIENTS, // recipients may bounce, as Postfix would lose them on a change
    MESSAGE_LOG_FAULTS
};

// Once, before the threads start.
void message_log_register(void);

// A recipient's decision.
void message_log_recipient(struct session *session, const struct mail_address *recipient,
                           const struct rcpt_decision *decision);

// How a whole message ended: "accepted", or the word of the rule that refused it.
enum message_log_end {
    MESSAGE_LOG_ACCEPTED,
    MESSAGE_LOG_TOO_BIG,         // its true size exceeds a recipient's or the sender's limit
    MESSAGE_LOG_MANY_RECIPIENTS, // from the null sender
    MESSAGE_LOG_MANY_FORGED,     // more forged result fields than are removed
    MESSAGE_LOG_ENDS
};
void message_log_message(struct session *session, enum message_log_end end);

// Counts, and logs at most once per minute with what to do. `detail` may be NULL.
void message_log_fault(enum message_log_fault fault, const char *detail);

#endif
