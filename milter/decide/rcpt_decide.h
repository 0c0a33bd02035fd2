// SPDX-License-Identifier: BSD-2-Clause
// Decision for one RCPT command: a pure function of the rows, the message so far and its SPF results. Where
// the results are needed and missing, the verdict is RCPT_DECIDE_ASK_SPF: the caller checks and decides
// again.
#ifndef MILTER_DECIDE_RCPT_DECIDE_H
#define MILTER_DECIDE_RCPT_DECIDE_H

#include "base/address.h"
#include "directory/whitelist.h"
#include "milter/batv/batv.h"
#include "milter/spf/spf_policy.h"

// Trust in the client, which determines whether SPF is checked.
enum rcpt_client_class {
    RCPT_DECIDE_UNTRUSTED,
    RCPT_DECIDE_AUTHENTICATED,
    RCPT_DECIDE_TRUSTED, // in trusted_networks: no SPF
    RCPT_DECIDE_RELAY,   // in relay_networks: SPF of the client that it received the message from, known
                         // only after the header
};

struct rcpt_decide_client {
    bool known; // `address` is set
    struct ip address;
    char name[ADDRESS_DOMAIN_MAX + 1]; // folded, forward-confirmed reverse DNS; else "unknown"
    struct mail_address login;         // SASL login; empty: not authenticated
};

struct rcpt_decide_message {
    const struct rcpt_decide_client *client;
    enum rcpt_client_class client_class;
    const struct mail_address *sender; // empty: the null sender
    int64_t declared;                  // SIZE=; -1: not declared
    int64_t limit;                     // of the recipients accepted so far; -1: none yet
    const struct spf_findings *spf;    // NULL: not checked yet
    const struct batv_keys *keys;      // NULL: none, and no tag is required
    int64_t now;                       // seconds since 1970
};

enum rcpt_decide_verdict {
    RCPT_DECIDE_ACCEPT,
    RCPT_DECIDE_ASK_SPF, // `spf` is needed
    RCPT_DECIDE_DEFER,
    RCPT_DECIDE_REFUSE,
};

// The rule that decided; rcpt_decide_reason_word() is its word in the log and in the metrics.
enum rcpt_decide_reason {
    RCPT_DECIDE_NOTHING_APPLIES,
    RCPT_DECIDE_NOT_LOCAL,    // the recipient's domain has no row
    RCPT_DECIDE_WHITELISTED,  // SPF would have refused or deferred it
    RCPT_DECIDE_TAG_REPORTED, // a bounce without valid tag, which is only counted: the domain has batv =
                              // report, or the client is white-listed
    RCPT_DECIDE_NEVER_SENDS,  // a bounce to an address that never sends
    RCPT_DECIDE_TAG_MISSING,  // a bounce without valid tag
    RCPT_DECIDE_TOO_BIG,      // for the recipient
    RCPT_DECIDE_TOO_BIG_FOR_SENDER,
    RCPT_DECIDE_OVER_QUOTA,  // the recipient's mailbox is full, and the mail store can make no room
    RCPT_DECIDE_OTHER_LIMIT, // no SIZE, and the recipients so far have another limit
    RCPT_DECIDE_SPF_RESULT,  // of the MAIL FROM identity
    RCPT_DECIDE_SPF_HELO,    // of the HELO identity
    RCPT_DECIDE_REASONS
};

struct rcpt_decision {
    enum rcpt_decide_verdict verdict;
    enum rcpt_decide_reason reason;
    bool ask_helo;          // with RCPT_DECIDE_ASK_SPF: the HELO identity is needed too
    enum spf_result result; // with RCPT_DECIDE_SPF_RESULT and RCPT_DECIDE_SPF_HELO
    const char *check;      // name of the check that decided; NULL: each passed
    int64_t limit; // size limit of this recipient in bytes; with RCPT_DECIDE_TOO_BIG* the one exceeded
    bool add_results_header; // the domain has SPF on: its results go into a header field
    bool no_bounce;          // relayed with NOTIFY=NEVER, unless the effective SPF result is a pass
    enum batv_rc tag;        // with RCPT_DECIDE_TAG_MISSING and RCPT_DECIDE_TAG_REPORTED
    char domain[ADDRESS_DOMAIN_MAX + 1]; // name of the recipient's domain row, domain aliases resolved; with
                                         // RCPT_DECIDE_TOO_BIG_FOR_SENDER of the login's; empty: none
    char entry[WHITELIST_ENTRY_MAX];     // of the white list, where it exempted the message; empty: none
};

// Classifies a client by its login and the settings trusted_networks and relay_networks.
enum rcpt_client_class rcpt_decide_client_class(const struct directory_snapshot *rows,
                                                const struct rcpt_decide_client *client);

// Walks the checks in the order that emailgency-milter(8) lists; the first that refuses, defers or needs SPF
// ends the walk.
void rcpt_decide(const struct directory_snapshot *rows, const struct rcpt_decide_message *message,
                 const struct mail_address *recipient, struct rcpt_decision *out);

// The name of the check at `index` in that order, from 0; NULL after the last.
const char *rcpt_decide_check_name(size_t index);

// Returns whether mail from `sender` is signed: bounces to it reach a domain that verifies tags, its own
// or one that it leads to as an alias.
bool rcpt_decide_is_tagged(const struct directory_snapshot *rows, const struct mail_address *sender);

const char *rcpt_decide_reason_word(enum rcpt_decide_reason reason);

#endif
