// SPDX-License-Identifier: BSD-2-Clause
// The answer of policyd and the reason: its own decision, with the facts of DNS and the database supplied by
// the caller.
#ifndef CTL_EXPLAIN_EXPLAIN_POLICY_H
#define CTL_EXPLAIN_EXPLAIN_POLICY_H

#include "ctl/explain/explain_message.h"
#include "ctl/explain/explanation.h"
#include "policyd/decide/policy_reply.h"

// The words for these facts, by the values of the enums; both end in NULL.
extern const char *const explain_dnsbl_words[];
extern const char *const explain_greylist_words[];

struct explain_supposed {
    enum dnsbl_outcome dnsbl;       // the outcome of the DNS lists, if they are asked
    enum greylist_outcome greylist; // likewise of greylisting
};

// Writes the action for this message at RCPT; with a login, the one for policy_context=submission.
void explain_policy(const struct directory_snapshot *rows, const struct identity_rules *rules,
                    const struct explain_message *message, const struct explain_supposed *supposed,
                    struct explanation *explanation, char action[POLICY_REPLY_ACTION_MAX]);

// Shows whether the SMTP deny rows refuse a login of this name; nothing if they do not.
void explain_deny(const struct directory_snapshot *rows, const char *login, struct explanation *explanation);

#endif
