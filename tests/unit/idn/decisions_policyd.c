// SPDX-License-Identifier: BSD-2-Clause
#include "decisions.h"
#include "policyd/decide/policy_reply.h"

#include <stdio.h>

static void show(const struct directory_snapshot *rows, const struct envelope *envelope,
                 const struct policy_facts *facts, char out[DECISIONS_MAX])
{
    struct policy_decision decision;
    char action[POLICY_REPLY_ACTION_MAX];
    const size_t len = strlen(out);
    struct policy_question question = {.rows = rows, .envelope = envelope, .facts = facts};
    policy_decide(&question, &decision);
    if (decision.verdict == POLICY_DECIDE_ASK_DNSBL || decision.verdict == POLICY_DECIDE_ASK_GREYLIST)
        snprintf(action, sizeof action, "asks %d", decision.verdict);
    else
        policy_reply_action(&decision, envelope, NULL, action);
    snprintf(out + len, DECISIONS_MAX - len, "%s; %s %s %s\n", action, policy_reason_word(decision.reason),
             decision.domain, decision.entry);
}

void decisions_of_policyd(const struct directory_snapshot *rows, const struct decisions_given *given,
                          char out[DECISIONS_MAX])
{
    const struct policy_request request = {.state = POLICY_RCPT,
                                           .client_address = SLICE("192.0.2.1"),
                                           .client_name = SLICE("unknown"),
                                           .sender = slice_from(given->sender),
                                           .recipient = slice_from(given->recipient),
                                           .sasl_username = slice_from(given->login)};
    const struct policy_facts unknown = {.has_dnsbl = false}, known = {.has_dnsbl = true,
                                                                       .has_greylist = true,
                                                                       .dnsbl = DNSBL_CLEAR,
                                                                       .greylist = GREYLIST_DEFER};
    struct envelope envelope;
    envelope_read(&request, &envelope);
    snprintf(out, DECISIONS_MAX, "<%s> <%s> <%s> key %s\n", envelope.sender.text, envelope.recipient.text,
             envelope.login.text, envelope.sender_key);
    show(rows, &envelope, &unknown, out);
    show(rows, &envelope, &known, out);
}
