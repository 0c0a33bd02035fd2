// SPDX-License-Identifier: BSD-2-Clause
// Decision for one policy request: a pure function of the rows, the envelope and the facts known so far. If a
// fact is missing the verdict names it; the caller finds it out and goes on.
#ifndef POLICYD_DECIDE_POLICY_DECIDE_H
#define POLICYD_DECIDE_POLICY_DECIDE_H

#include "directory/directory.h"
#include "directory/whitelist.h"
#include "policyd/decide/envelope.h"
#include "policyd/decide/outbound_limit.h"
#include "policyd/decide/policy_facts.h"
#include "policyd/identity/identity.h"

enum policy_verdict {
    POLICY_DECIDE_PASS,
    POLICY_DECIDE_STEALTH,
    POLICY_DECIDE_DENIED,
    POLICY_DECIDE_BLACKLISTED,
    POLICY_DECIDE_GREYLISTED,
    POLICY_DECIDE_LIMITED,
    POLICY_DECIDE_ASK_OUTBOUND, // the fact `outbound` is needed, for `login`; if that is known, a fresh one
    POLICY_DECIDE_ASK_DNSBL,    // the fact `dnsbl` is needed
    POLICY_DECIDE_ASK_GREYLIST, // the fact `greylist` is needed, for `identity`
};

// Reason why a message passes, or the row that stops it; a word for the log and for `explain`.
enum policy_reason {
    POLICY_DECIDE_NOTHING_APPLIES, // no check applies
    POLICY_DECIDE_NOT_LOCAL,       // the recipient's domain is not in the rows
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
    POLICY_DECIDE_LOGIN_LIMIT,
    POLICY_DECIDE_DOMAIN_LIMIT,
    POLICY_DECIDE_REASONS
};

struct policy_decision {
    enum policy_verdict verdict;
    enum policy_reason reason;
    size_t check;  // number of the check that decided (policy_check_name); their count if none did
    bool verify;   // with POLICY_DECIDE_PASS: no row names the recipient, so Postfix's verify(8) is to ask
    bool returned; // with POLICY_DECIDE_GREYLIST_PASSED: an earlier attempt was deferred, and none passed
                   // before
    char domain[ADDRESS_DOMAIN_MAX + 1]; // the row that decided, aliases resolved; empty: none. Counters go
                                         // to it. The recipient's own, or one that the recipient leads to
    char own[ADDRESS_DOMAIN_MAX + 1]; // the recipient's own row, by which greylisting keys; empty: not local
    char entry[WHITELIST_ENTRY_MAX];  // with POLICY_DECIDE_WHITELISTED
    char login[ADDRESS_MAX + 1];      // the mailbox of the login, whose mail is counted with that of
                                      // `login_domain`; empty: none is counted
    char login_domain[ADDRESS_DOMAIN_MAX + 1];
    struct outbound_limit limit; // with POLICY_DECIDE_LIMITED
    struct identity identity;    // with POLICY_DECIDE_ASK_GREYLIST; its text is empty until needed
};

// All that a decision depends on. The caller sets the first four; everything is borrowed.
struct policy_question {
    const struct directory_snapshot *rows;
    const struct identity_rules *rules; // NULL: every client is known by its network only
    const struct envelope *envelope;
    const struct policy_facts *facts;
    // Set by policy_decide.
    const struct domain_row *domain;   // whose checks are walked; NULL: the recipient is not local
    const struct expansion *expansion; // NULL: the recipient leads to no other address
    bool leads_on;                     // the recipient may be an alias
    bool is_target;                    // `domain` is one that an alias leads to
    struct domain_row own;             // the recipient's own domain, if that is local
};

// Walks the checks from the first.
void policy_decide(struct policy_question *question, struct policy_decision *out);

// After POLICY_DECIDE_ASK_…: goes on with the check that asked, since its fact is known now. For the same
// question and snapshot of the rows; gives the same decision as policy_decide.
void policy_decide_resume(struct policy_question *question, struct policy_decision *out);

const char *policy_reason_word(enum policy_reason reason);

// The name of the n-th check in the order in which they are walked, from 0; NULL after the last.
const char *policy_check_name(size_t n);

#endif
