// SPDX-License-Identifier: BSD-2-Clause
// What a recipient of a message gets told: a pure function of the rows, the message so far and what its SPF
// checks found. Where those are needed and missing the verdict says so; the caller checks and asks again.
#ifndef MILTER_DECIDE_H
#define MILTER_DECIDE_H

#include "base/address.h"
#include "directory/whitelist.h"
#include "milter/batv.h"
#include "milter/spf_policy.h"

// Who the client is to us, which settles what is asked of SPF.
enum decide_standing {
    DECIDE_STRANGER,
    DECIDE_AUTHENTICATED,
    DECIDE_TRUSTED, // in trusted_networks: no SPF
    DECIDE_RELAY,   // in relay_networks: SPF for whom it had the message from, known only behind the header
};

struct decide_client {
    bool known; // it has an address
    struct ip address;
    char name[ADDRESS_DOMAIN_MAX + 1]; // folded, confirmed forward and back; else "unknown"
    char login[ADDRESS_MAX + 1];       // SASL login, folded; empty: not authenticated
};

struct decide_message {
    const struct decide_client *client;
    enum decide_standing standing;
    struct slice sender;            // folded; empty: the null sender
    int64_t declared;               // SIZE=; -1: not declared
    int64_t limit;                  // of the recipients accepted so far; -1: none yet
    const struct spf_findings *spf; // NULL: not checked yet
    const struct batv_keys *keys;   // NULL: none, and no tag is asked for
    int64_t now;                    // seconds since 1970
};

enum decide_verdict {
    DECIDE_ACCEPT,
    DECIDE_ASK_SPF, // `spf` is needed
    DECIDE_DEFER,
    DECIDE_REFUSE,
};

// Which rule settled it; a word for the log and for the counts.
enum decide_reason {
    DECIDE_NOTHING_APPLIES,
    DECIDE_NOT_OURS,     // the recipient's domain is not in the rows
    DECIDE_WHITELISTED,  // SPF would have stopped it
    DECIDE_TAG_REPORTED, // a bounce without valid tag, which is only counted: the domain reports, or the
                         // client is white-listed
    DECIDE_NEVER_SENDS,  // a bounce to an address that never sends
    DECIDE_TAG_MISSING,  // a bounce without valid tag
    DECIDE_TOO_BIG,      // for the recipient
    DECIDE_TOO_BIG_FOR_SENDER,
    DECIDE_OTHER_LIMIT, // no SIZE, and the recipients so far have another limit
    DECIDE_SPF_RESULT,  // of the MAIL FROM identity
    DECIDE_SPF_HELO,    // of the HELO identity
    DECIDE_REASONS
};

struct decision {
    enum decide_verdict verdict;
    enum decide_reason reason;
    enum spf_result result; // with DECIDE_SPF_RESULT and DECIDE_SPF_HELO
    int64_t limit;          // bytes that this recipient takes; with DECIDE_TOO_BIG* the one exceeded
    bool mark;              // the domain wants the SPF results in a header
    bool no_bounce;         // relayed with NOTIFY=NEVER, unless the result that counts is a pass
    enum batv_rc tag;       // with DECIDE_TAG_MISSING and DECIDE_TAG_REPORTED
    char domain[ADDRESS_DOMAIN_MAX + 1]; // the row's name, aliases resolved; of the recipient, with
                                         // DECIDE_TOO_BIG_FOR_SENDER of the login; empty: none
    char entry[WHITELIST_ENTRY_MAX];     // of the white list, where it let the message through
};

// Who a client is, by its login and the settings trusted_networks and relay_networks.
enum decide_standing decide_standing_of(const struct directory_snapshot *rows,
                                        const struct decide_client *client);

// `recipient` is folded.
void decide_recipient(const struct directory_snapshot *rows, const struct decide_message *message,
                      struct slice recipient, struct decision *out);

// Whether mail of `sender`, folded, is signed, since bounces to it meet a domain that looks for tags: its
// own, or one that it leads to as an alias.
bool decide_is_tagged(const struct directory_snapshot *rows, struct slice sender);

const char *decide_recipient_reason(enum decide_reason reason);

#endif
