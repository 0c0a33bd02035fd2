// SPDX-License-Identifier: BSD-2-Clause
// What policyd answers, and why: its own decision, with the facts that only the network and the database know
// supplied by whoever asks.
#ifndef CTL_EXPLAIN_EXPLAIN_POLICY_H
#define CTL_EXPLAIN_EXPLAIN_POLICY_H

#include "ctl/explain/explain_message.h"
#include "ctl/explain/explanation.h"
#include "policyd/decide/policy_reply.h"

// What may be supplied, by the enums' values; both end in NULL.
extern const char *const explain_dnsbl_words[];
extern const char *const explain_greylist_words[];

struct explain_supposed {
    enum dnsbl_outcome dnsbl;       // what the DNS lists are to say where they are asked
    enum greylist_outcome greylist; // and greylisting
};

// Writes the action for this message at RCPT; with a login as submission asks, with
// policy_context=submission.
void explain_policy(const struct directory_snapshot *rows, const struct identity_rules *rules,
                    const struct explain_message *message, const struct explain_supposed *supposed,
                    struct explanation *explanation, char action[POLICY_REPLY_ACTION_MAX]);

// Whether the SMTP deny rows let a login of this name send; shown only where they do not.
void explain_deny(const struct directory_snapshot *rows, const char *login, struct explanation *explanation);

#endif
