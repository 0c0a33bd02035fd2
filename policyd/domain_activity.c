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
};

void domain_activity_count(struct activity *activity, struct transaction *transaction,
                           const struct policy_decision *decision)
{
    const struct slice domain = slice_from(decision->domain);
    const char *metric = metrics[decision->reason];
    if (domain.len == 0)
        return;
    // Metrics are numbered by their reasons; "passed" has the number after the last.
    if (metric && transaction_first(transaction, domain, decision->reason))
        activity_count(activity, domain, metric);
    if (decision->verdict == POLICY_DECIDE_PASS &&
        transaction_first(transaction, domain, POLICY_DECIDE_REASONS))
        activity_count(activity, domain, "passed");
}
