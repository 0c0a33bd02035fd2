// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/decide/policy_reply.h"

#include <stdio.h>

static void listed_action(const struct envelope *envelope, const struct dnsbl_result *listing,
                          char out[POLICY_REPLY_ACTION_MAX])
{
    char client[CIDR_TEXT_MAX] = "";
    ip_format(&envelope->client, client);
    const bool has_zone = listing && listing->zone[0];
    const bool has_text = listing && listing->text[0];
    snprintf(out, POLICY_REPLY_ACTION_MAX, "554 5.7.1 Service unavailable; client [%s] blocked using %s%s%s",
             client, has_zone ? listing->zone : "a DNS block list", has_text ? "; " : "",
             has_text ? listing->text : "");
}

void policy_reply_action(const struct policy_decision *decision, const struct envelope *envelope,
                         const struct dnsbl_result *listing, char out[POLICY_REPLY_ACTION_MAX])
{
    switch (decision->verdict) {
    case POLICY_DECIDE_STEALTH:
        snprintf(out, POLICY_REPLY_ACTION_MAX,
                 "450 4.3.2 Service currently unavailable, please try again later");
        break;
    case POLICY_DECIDE_DENIED:
        snprintf(out, POLICY_REPLY_ACTION_MAX, "550 5.7.1 Sending mail is disabled for this account");
        break;
    case POLICY_DECIDE_BLACKLISTED:
        listed_action(envelope, listing, out);
        break;
    case POLICY_DECIDE_GREYLISTED:
        snprintf(out, POLICY_REPLY_ACTION_MAX, "DEFER_IF_PERMIT 4.2.0 Greylisted, please try again later");
        break;
    default:
        snprintf(out, POLICY_REPLY_ACTION_MAX, decision->verify ? "reject_unverified_recipient" : "DUNNO");
        break;
    }
}
