// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/domain_activity.h"

// By reason; NULL: "passed" only.
static const char *const metrics[POLICY_DECIDE_REASONS] = {
    [POLICY_DECIDE_WHITELISTED] = "whitelisted",
    [POLICY_DECIDE_DNS_ALLOWED] = "dns_allowed",
    [POLICY_DECIDE_GREYLIST_PASSED] = "greylist_passed",
    [POLICY_DECIDE_GREYLIST_SHADOWED] = "would_greylist",
    [POLICY_DECIDE_GREYLIST_AWAY] = "greylist_unavailable",
    [POLICY_DECIDE_DOMAIN_STEALTH] = "stealth",
    [POLICY_DECIDE_MAILBOX_DENIED] = "smtp_denied",
    [POLICY_DECIDE_DOMAIN_DENIED] = "smtp_denied",
    [POLICY_DECIDE_DNS_LISTED] = "blacklisted",
    [POLICY_DECIDE_GREYLIST_NEW] = "greylisted",
    [POLICY_DECIDE_LOGIN_LIMIT] = "outbound_limited",
    [POLICY_DECIDE_DOMAIN_LIMIT] = "outbound_limited",
};

static uint64_t bit(unsigned metric)
{
    return UINT64_C(1) << metric;
}

void domain_activity_count(struct activity *activity, struct transaction *transaction,
                           const struct policy_decision *decision)
{
    const struct slice domain = slice_from(decision->domain);
    const char *metric = metrics[decision->reason];
    // Metrics are numbered by their reasons; these two have the numbers after the last.
    const uint64_t passed = decision->verdict == POLICY_DECIDE_PASS ? bit(POLICY_DECIDE_REASONS) : 0;
    const uint64_t returned = decision->returned && decision->reason == POLICY_DECIDE_GREYLIST_PASSED
                                  ? bit(POLICY_DECIDE_REASONS + 1)
                                  : 0;
    const uint64_t by_reason = metric ? bit(decision->reason) : 0;
    if (domain.len == 0 || !(passed | by_reason))
        return;
    const uint64_t first = transaction_first(transaction, domain, passed | returned | by_reason);
    if (first & by_reason)
        activity_count(activity, domain, metric);
    if (first & returned)
        activity_count(activity, domain, "greylist_returned");
    if (first & passed)
        activity_count(activity, domain, "passed");
}
