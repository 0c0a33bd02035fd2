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

static void limited_action(const struct outbound_limit *limit, char out[POLICY_REPLY_ACTION_MAX])
{
    char text[OUTBOUND_LIMIT_TEXT_MAX];
    outbound_limit_text(limit, text);
    snprintf(out, POLICY_REPLY_ACTION_MAX, "450 4.7.1 %s", text);
}

// The text of the action; NULL if it names the listing or the limit.
static const char *constant_action(const struct policy_decision *decision)
{
    switch (decision->verdict) {
    case POLICY_DECIDE_STEALTH:
        return "450 4.3.2 Service currently unavailable, please try again later";
    case POLICY_DECIDE_DENIED:
        return "550 5.7.1 Sending mail is disabled for this account";
    case POLICY_DECIDE_BLACKLISTED:
    case POLICY_DECIDE_LIMITED:
        return NULL;
    case POLICY_DECIDE_GREYLISTED:
        return "DEFER_IF_PERMIT 4.2.0 Greylisted, please try again later";
    default:
        return decision->verify ? "reject_unverified_recipient" : "DUNNO";
    }
}

void policy_reply_action(const struct policy_decision *decision, const struct envelope *envelope,
                         const struct dnsbl_result *listing, char out[POLICY_REPLY_ACTION_MAX])
{
    const char *action = constant_action(decision);
    if (action)
        (void)slice_copy(slice_from(action), out, POLICY_REPLY_ACTION_MAX);
    else if (decision->verdict == POLICY_DECIDE_LIMITED)
        limited_action(&decision->limit, out);
    else
        listed_action(envelope, listing, out);
}
