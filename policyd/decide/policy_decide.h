// SPDX-License-Identifier: BSD-2-Clause
// What policyd answers: a pure function of the rows, the envelope and the facts that were found out so far.
// Where a fact is missing the verdict names it; the caller finds it out and asks again.
#ifndef POLICYD_DECIDE_POLICY_DECIDE_H
#define POLICYD_DECIDE_POLICY_DECIDE_H

#include "directory/directory.h"
#include "directory/whitelist.h"
#include "policyd/decide/envelope.h"
#include "policyd/decide/policy_facts.h"
#include "policyd/identity/identity.h"

enum policy_verdict {
    POLICY_DECIDE_PASS,
    POLICY_DECIDE_STEALTH,
    POLICY_DECIDE_DENIED,
    POLICY_DECIDE_BLACKLISTED,
    POLICY_DECIDE_GREYLISTED,
    POLICY_DECIDE_ASK_DNSBL,    // the fact `dnsbl` is needed
    POLICY_DECIDE_ASK_GREYLIST, // the fact `greylist` is needed, for `identity`
};

// Why a message passes, or which row stops it; a word for the log and for `explain`.
enum policy_reason {
    POLICY_DECIDE_NOTHING_APPLIES, // no row has anything against it
    POLICY_DECIDE_NOT_OURS,        // the recipient's domain is not in the rows
    POLICY_DECIDE_AUTHENTICATED,
    POLICY_DECIDE_WHITELISTED,    // `entry`
    POLICY_DECIDE_DNS_ALLOWED,    // an allow list has the client
    POLICY_DECIDE_NOT_SUSPICIOUS, // greylisting = suspicious, and the client is not
    POLICY_DECIDE_GREYLIST_PASSED,
    POLICY_DECIDE_GREYLIST_SHADOWED, // would have been greylisted
    POLICY_DECIDE_GREYLIST_AWAY,     // GREYLIST_UNAVAILABLE
    POLICY_DECIDE_DOMAIN_STEALTH,
    POLICY_DECIDE_MAILBOX_DENIED,
    POLICY_DECIDE_DOMAIN_DENIED,
    POLICY_DECIDE_DNS_LISTED,
    POLICY_DECIDE_GREYLIST_NEW,
    POLICY_DECIDE_REASONS
};

struct policy_decision {
    enum policy_verdict verdict;
    enum policy_reason reason;
    bool verify; // with POLICY_DECIDE_PASS: no row names the recipient, so Postfix's verify(8) is to ask
    char domain[ADDRESS_DOMAIN_MAX + 1]; // the row that decided, aliases resolved; empty: none. Counters go
                                         // to it. The recipient's own, or one that the recipient leads to
    char own[ADDRESS_DOMAIN_MAX + 1]; // the recipient's own row, by which greylisting keys; empty: not ours
    char entry[WHITELIST_ENTRY_MAX];  // with POLICY_DECIDE_WHITELISTED
    struct identity identity;         // with POLICY_DECIDE_ASK_GREYLIST
};

// `rules` may be NULL: then every client is its network.
void policy_decide(const struct directory_snapshot *rows, const struct identity_rules *rules,
                   const struct envelope *envelope, const struct policy_facts *facts,
                   struct policy_decision *out);

const char *policy_reason_word(enum policy_reason reason);

#endif
