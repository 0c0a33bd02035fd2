// SPDX-License-Identifier: BSD-2-Clause
// The sum of the lists' hits on a client. Pure.
#ifndef POLICYD_DNSBL_DNSBL_SCORE_H
#define POLICYD_DNSBL_DNSBL_SCORE_H

#include "policyd/decide/policy_facts.h"

struct dnsbl_score {
    int64_t weight;   // sum of the block lists that have the client
    bool allowed;     // an allow list has it
    bool hit;         // `list` is set
    size_t list;      // the allow list, else the heaviest block list; of equal ones the first added
    int64_t heaviest; // weight of `list`
};

// Adds a hit of list number `list`. The weight of an allow list has no meaning.
void dnsbl_score_add(struct dnsbl_score *score, size_t list, int64_t weight, bool allow);

// A threshold below 1 is taken as 1: no client is listed without a hit.
enum dnsbl_outcome dnsbl_score_outcome(const struct dnsbl_score *score, int64_t threshold);

#endif
