// SPDX-License-Identifier: BSD-2-Clause
// What policyd answers: a pure function of the rows, the envelope and the facts that were found out so far.
// Where a fact is missing the verdict names it; the caller finds it out and asks again.
#ifndef POLICYD_DECIDE_H
#define POLICYD_DECIDE_H

#include "directory/directory.h"
#include "directory/whitelist.h"
#include "policyd/dnsbl.h"
#include "policyd/envelope.h"
#include "policyd/identity.h"

enum decide_verdict {
    DECIDE_PASS,
    DECIDE_STEALTH,
    DECIDE_DENIED,
    DECIDE_BLACKLISTED,
    DECIDE_GREYLISTED,
    DECIDE_ASK_DNSBL,    // the fact `dnsbl` is needed
    DECIDE_ASK_GREYLIST, // the fact `greylist` is needed, for `identity`
};

enum decide_greylist {
    DECIDE_GREYLIST_DEFER,
    DECIDE_GREYLIST_PASS,
    DECIDE_GREYLIST_UNAVAILABLE, // neither cache nor database could say
};

struct decide_facts {
    bool has_dnsbl, has_greylist;
    enum dnsbl_outcome dnsbl;
    enum decide_greylist greylist;
};

// Why a message passes, or which row stops it; a word for the log and for `explain`.
enum decide_reason {
    DECIDE_NOTHING_APPLIES, // no row has anything against it
    DECIDE_NOT_OURS,        // the recipient's domain is not in the rows
    DECIDE_AUTHENTICATED,
    DECIDE_WHITELISTED,    // `entry`
    DECIDE_DNS_ALLOWED,    // an allow list has the client
    DECIDE_NOT_SUSPICIOUS, // greylisting = suspicious, and the client is not
    DECIDE_GREYLIST_PASSED,
    DECIDE_GREYLIST_SHADOWED, // would have been greylisted
    DECIDE_GREYLIST_AWAY,     // DECIDE_GREYLIST_UNAVAILABLE
    DECIDE_DOMAIN_STEALTH,
    DECIDE_MAILBOX_DENIED,
    DECIDE_DOMAIN_DENIED,
    DECIDE_DNS_LISTED,
    DECIDE_GREYLIST_NEW,
    DECIDE_REASONS
};

struct decision {
    enum decide_verdict verdict;
    enum decide_reason reason;
    bool verify; // with DECIDE_PASS: no row names the recipient, so Postfix's verify(8) is to ask
    char domain[ADDRESS_DOMAIN_MAX + 1]; // the row that decided, aliases resolved; empty: none. Counters go
                                         // to it. The recipient's own, or one that the recipient leads to
    char own[ADDRESS_DOMAIN_MAX + 1]; // the recipient's own row, by which greylisting keys; empty: not ours
    char entry[WHITELIST_ENTRY_MAX];  // with DECIDE_WHITELISTED
    struct identity identity;         // with DECIDE_ASK_GREYLIST
};

// `rules` may be NULL: then every client is its network.
void decide(const struct directory_snapshot *rows, const struct identity_rules *rules,
            const struct envelope *envelope, const struct decide_facts *facts, struct decision *out);

const char *decide_reason_word(enum decide_reason reason);

#endif
