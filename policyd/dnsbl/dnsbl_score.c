// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/dnsbl/dnsbl_score.h"

void dnsbl_score_add(struct dnsbl_score *score, size_t list, int64_t weight, bool allow)
{
    bool leads = allow ? !score->allowed : !score->allowed && (!score->hit || weight > score->heaviest);
    if (leads) {
        score->list = list;
        score->heaviest = weight;
    }
    score->hit = true;
    score->allowed = score->allowed || allow;
    if (!allow && __builtin_add_overflow(score->weight, weight, &score->weight))
        score->weight = INT64_MAX;
}

enum dnsbl_outcome dnsbl_score_outcome(const struct dnsbl_score *score, int64_t threshold)
{
    if (score->allowed)
        return DNSBL_ALLOWED;
    if (score->weight <= 0)
        return DNSBL_CLEAR;
    return score->weight >= threshold ? DNSBL_LISTED : DNSBL_SUSPICIOUS;
}
