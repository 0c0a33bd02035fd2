// SPDX-License-Identifier: BSD-2-Clause
// The facts of a policy decision that must be looked up in DNS or in the database.
#ifndef POLICYD_DECIDE_POLICY_FACTS_H
#define POLICYD_DECIDE_POLICY_FACTS_H

#include "base/address.h"

#include <stdbool.h>
#include <stdint.h>

enum dnsbl_outcome {
    DNSBL_CLEAR,      // not in any list, or no list answered in time
    DNSBL_SUSPICIOUS, // some weight, below the threshold
    DNSBL_LISTED,     // weight at or above the setting dnsbl_threshold, and no allow list has it
    DNSBL_ALLOWED,    // an allow list has it
};

#define DNSBL_TEXT_MAX 256

struct dnsbl_result {
    enum dnsbl_outcome outcome;
    int64_t weight;
    char zone[ADDRESS_DOMAIN_MAX + 1]; // the heaviest list that has it, or the allow list; empty where clear
    char text[DNSBL_TEXT_MAX];         // LISTED: its TXT record, printable ASCII only; empty if there is none
};

enum greylist_outcome {
    GREYLIST_DEFER,
    GREYLIST_PASS,
    GREYLIST_UNAVAILABLE, // not cached, and the database did not answer
    GREYLIST_RETURNED,    // passes by this attempt, after an earlier one was deferred
};

// Mail that was sent within an hour or a day.
struct outbound_count {
    int64_t messages, recipients;
};

struct outbound_counts {
    struct outbound_count hour, day;
};

struct outbound_facts {
    int64_t now; // seconds since 1970, when the counts were read
    struct outbound_counts login, domain;
};

struct policy_facts {
    bool has_dnsbl, has_greylist;
    bool has_outbound;      // the counts as this node has them
    bool outbound_is_fresh; // and as all nodes had them a moment ago, or the database did not answer
    enum dnsbl_outcome dnsbl;
    enum greylist_outcome greylist;
    struct outbound_facts outbound;
};

#endif
