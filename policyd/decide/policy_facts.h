// SPDX-License-Identifier: BSD-2-Clause
// The facts that a policy decision may need and that only the network or the database knows.
#ifndef POLICYD_DECIDE_POLICY_FACTS_H
#define POLICYD_DECIDE_POLICY_FACTS_H

#include "base/address.h"

#include <stdbool.h>
#include <stdint.h>

enum dnsbl_outcome {
    DNSBL_CLEAR,      // no list has it, or none answered in time
    DNSBL_SUSPICIOUS, // some weight, below the threshold
    DNSBL_LISTED,     // weight at or above the setting dnsbl_threshold, and no allow list has it
    DNSBL_ALLOWED,    // an allow list has it
};

#define DNSBL_TEXT_MAX 256

struct dnsbl_result {
    enum dnsbl_outcome outcome;
    int64_t weight;
    char zone[ADDRESS_DOMAIN_MAX + 1]; // the heaviest list that has it, or the allow list; empty where clear
    char text[DNSBL_TEXT_MAX]; // LISTED: its TXT record, printable ASCII only; empty where there is none
};

enum greylist_outcome {
    GREYLIST_DEFER,
    GREYLIST_PASS,
    GREYLIST_UNAVAILABLE, // neither cache nor database could say
};

struct policy_facts {
    bool has_dnsbl, has_greylist;
    enum dnsbl_outcome dnsbl;
    enum greylist_outcome greylist;
};

#endif
