// SPDX-License-Identifier: BSD-2-Clause
// What a recipient of a message gets told: a pure function of the rows, the message so far and what its SPF
// checks found. Where those are needed and missing the verdict says so; the caller checks and asks again.
#ifndef MILTER_DECIDE_RCPT_DECIDE_H
#define MILTER_DECIDE_RCPT_DECIDE_H

#include "base/address.h"
#include "directory/whitelist.h"
#include "milter/batv/batv.h"
#include "milter/spf/spf_policy.h"

// Who the client is to us, which settles what is asked of SPF.
enum rcpt_client_class {
    RCPT_DECIDE_UNTRUSTED,
    RCPT_DECIDE_AUTHENTICATED,
    RCPT_DECIDE_TRUSTED, // in trusted_networks: no SPF
    RCPT_DECIDE_RELAY,   // in relay_networks: SPF for whom it had the message from, known only behind the
                         // header
};

struct rcpt_decide_client {
    bool known; // it has an address
    struct ip address;
    char name[ADDRESS_DOMAIN_MAX + 1]; // folded, confirmed forward and back; else "unknown"
    char login[ADDRESS_MAX + 1];       // SASL login, folded; empty: not authenticated
};

struct rcpt_decide_message {
    const struct rcpt_decide_client *client;
    enum rcpt_client_class standing;
    struct slice sender;            // folded; empty: the null sender
    int64_t declared;               // SIZE=; -1: not declared
    int64_t limit;                  // of the recipients accepted so far; -1: none yet
    const struct spf_findings *spf; // NULL: not checked yet
    const struct batv_keys *keys;   // NULL: none, and no tag is asked for
    int64_t now;                    // seconds since 1970
};

enum rcpt_decide_verdict {
    RCPT_DECIDE_ACCEPT,
    RCPT_DECIDE_ASK_SPF, // `spf` is needed
    RCPT_DECIDE_DEFER,
    RCPT_DECIDE_REFUSE,
};

// Which rule settled it; a word for the log and for the counts.
enum rcpt_decide_reason {
    RCPT_DECIDE_NOTHING_APPLIES,
    RCPT_DECIDE_NOT_OURS,     // the recipient's domain is not in the rows
    RCPT_DECIDE_WHITELISTED,  // SPF would have stopped it
    RCPT_DECIDE_TAG_REPORTED, // a bounce without valid tag, which is only counted: the domain reports, or the
                              // client is white-listed
    RCPT_DECIDE_NEVER_SENDS,  // a bounce to an address that never sends
    RCPT_DECIDE_TAG_MISSING,  // a bounce without valid tag
    RCPT_DECIDE_TOO_BIG,      // for the recipient
    RCPT_DECIDE_TOO_BIG_FOR_SENDER,
    RCPT_DECIDE_OTHER_LIMIT, // no SIZE, and the recipients so far have another limit
    RCPT_DECIDE_SPF_RESULT,  // of the MAIL FROM identity
    RCPT_DECIDE_SPF_HELO,    // of the HELO identity
    RCPT_DECIDE_REASONS
};

struct rcpt_decision {
    enum rcpt_decide_verdict verdict;
    enum rcpt_decide_reason reason;
    enum spf_result result; // with RCPT_DECIDE_SPF_RESULT and RCPT_DECIDE_SPF_HELO
    int64_t limit;          // bytes that this recipient takes; with RCPT_DECIDE_TOO_BIG* the one exceeded
    bool mark;              // the domain wants the SPF results in a header
    bool no_bounce;         // relayed with NOTIFY=NEVER, unless the result that counts is a pass
    enum batv_rc tag;       // with RCPT_DECIDE_TAG_MISSING and RCPT_DECIDE_TAG_REPORTED
    char domain[ADDRESS_DOMAIN_MAX + 1]; // the row's name, aliases resolved; of the recipient, with
                                         // RCPT_DECIDE_TOO_BIG_FOR_SENDER of the login; empty: none
    char entry[WHITELIST_ENTRY_MAX];     // of the white list, where it let the message through
};

// Who a client is, by its login and the settings trusted_networks and relay_networks.
enum rcpt_client_class rcpt_decide_client_class(const struct directory_snapshot *rows,
                                                const struct rcpt_decide_client *client);

// `recipient` is folded.
void rcpt_decide(const struct directory_snapshot *rows, const struct rcpt_decide_message *message,
                 struct slice recipient, struct rcpt_decision *out);

// Whether mail of `sender`, folded, is signed, since bounces to it meet a domain that looks for tags: its
// own, or one that it leads to as an alias.
bool rcpt_decide_is_tagged(const struct directory_snapshot *rows, struct slice sender);

const char *rcpt_decide_reason_word(enum rcpt_decide_reason reason);

#endif
