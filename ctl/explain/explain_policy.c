// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/explain/explain_policy.h"

#include <inttypes.h>
#include <stdio.h>

const char *const explain_dnsbl_words[] = {[DNSBL_CLEAR] = "clear",
                                           [DNSBL_SUSPICIOUS] = "suspicious",
                                           [DNSBL_LISTED] = "listed",
                                           [DNSBL_ALLOWED] = "allowed",
                                           [DNSBL_ALLOWED + 1] = NULL};
const char *const explain_greylist_words[] = {[GREYLIST_DEFER] = "new",
                                              [GREYLIST_PASS] = "pass",
                                              [GREYLIST_UNAVAILABLE] = "away",
                                              [GREYLIST_UNAVAILABLE + 1] = NULL};

static struct slice optional(const char *text)
{
    return slice_from(text ? text : "");
}

static void read_message(const struct explain_message *message, struct envelope *out)
{
    const bool submission = message->login && message->login[0];
    const struct policy_request request = {
        .state = POLICY_RCPT,
        .recipient = optional(message->recipient),
        .sender = optional(message->sender),
        .client_address = optional(message->client),
        .client_name = message->name ? slice_from(message->name) : SLICE("unknown"),
        .sasl_username = optional(message->login),
        .policy_context = submission ? SLICE("submission") : SLICE(""),
    };
    envelope_read(&request, out);
}

// Shows the query to each list. A hit is assumed to be in the heaviest block list.
static void explain_dnsbl(const struct directory_snapshot *rows, const struct envelope *envelope,
                          enum dnsbl_outcome outcome, struct explanation *explanation,
                          struct dnsbl_result *listing)
{
    struct dnsbl_row list;
    char reversed[IP_REVERSED_MAX], query[IP_REVERSED_MAX + ADDRESS_DOMAIN_MAX + 16];
    ip_reversed(&envelope->client, reversed);
    for (size_t n = 0; directory_dnsbl(rows, n, &list) == DIRECTORY_OK; n++) {
        snprintf(query, sizeof query, "asks %s.%.*s", reversed, (int)list.zone.len, list.zone.ptr);
        explanation_row(explanation, DIRECTORY_DNSBL, &list, query);
        if (!list.allow && (!listing->zone[0] || list.weight > listing->weight)) {
            (void)slice_copy(list.zone, listing->zone, sizeof listing->zone);
            listing->weight = list.weight;
        }
    }
    explanation_step(explanation, "dnsbl", SLICE(""),
                     "threshold %" PRId64
                     " (setting dnsbl_threshold); not asked here, taken as \"%s\" (--dnsbl)",
                     directory_setting_number(rows, "dnsbl_threshold", 1), explain_dnsbl_words[outcome]);
}

static void explain_greylist(const struct directory_snapshot *rows, const struct envelope *envelope,
                             const struct policy_decision *decision, enum greylist_outcome outcome,
                             struct explanation *explanation)
{
    const struct slice local = address_local(&envelope->recipient);
    explanation_step(explanation, "greylist", slice_from(decision->identity.text),
                     "key is this client, sender %s, recipient %.*s@%s", envelope->sender_key, (int)local.len,
                     local.ptr, decision->own);
    explanation_step(
        explanation, "greylist", SLICE(""),
        "passes after %" PRId64 " s, within %" PRId64 " s, then for %" PRId64
        " s (settings greylist_delay, greylist_window, greylist_lifetime); not asked here, taken as \"%s\" "
        "(--greylist)",
        directory_setting_number(rows, "greylist_delay", 120),
        directory_setting_number(rows, "greylist_window", 86400),
        directory_setting_number(rows, "greylist_lifetime", 3110400), explain_greylist_words[outcome]);
}

static void explain_entry(const struct policy_decision *decision, struct explanation *explanation)
{
    const struct whitelist_row row = {.domain = slice_from(decision->domain),
                                      .entry = slice_from(decision->entry)};
    if (decision->entry[0])
        explanation_row(explanation, DIRECTORY_WHITELIST, &row, "no DNS lists, no greylisting");
}

// The order of policyd's checks, and the one that decided.
static void explain_order(const struct policy_decision *decision, const struct envelope *envelope,
                          struct explanation *explanation)
{
    const char *const decided = policy_check_name(decision->check), *name;
    char text[256] = "";
    size_t len = 0;
    for (size_t n = 0; (name = policy_check_name(n)) && len < sizeof text; n++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", n ? ", " : "", name);
    explanation_step(explanation, "policy_checks", address_text(&envelope->recipient), "%s: %s%s", text,
                     decided ? "decided by " : "none applies", decided ? decided : "");
}

void explain_policy(const struct directory_snapshot *rows, const struct identity_rules *rules,
                    const struct explain_message *message, const struct explain_supposed *supposed,
                    struct explanation *explanation, char action[POLICY_REPLY_ACTION_MAX])
{
    struct envelope envelope;
    // As if nothing had been sent: limits of what a login sends are not reached.
    struct policy_facts facts = {.dnsbl = supposed->dnsbl,
                                 .greylist = supposed->greylist,
                                 .has_outbound = true,
                                 .outbound_is_fresh = true};
    struct dnsbl_result listing = {.outcome = supposed->dnsbl};
    struct policy_question question = {.rows = rows, .rules = rules, .envelope = &envelope, .facts = &facts};
    struct policy_decision decision;
    read_message(message, &envelope);
    policy_decide(&question, &decision);
    if (decision.verdict == POLICY_DECIDE_ASK_DNSBL) {
        explain_dnsbl(rows, &envelope, supposed->dnsbl, explanation, &listing);
        facts.has_dnsbl = true;
        policy_decide_resume(&question, &decision);
    }
    if (decision.verdict == POLICY_DECIDE_ASK_GREYLIST) {
        explain_greylist(rows, &envelope, &decision, supposed->greylist, explanation);
        facts.has_greylist = true;
        policy_decide_resume(&question, &decision);
    }
    explain_entry(&decision, explanation);
    explain_order(&decision, &envelope, explanation);
    policy_reply_action(&decision, &envelope, &listing, action);
    explanation_step(explanation, "policy", slice_from(decision.domain), "%s (%s)", action,
                     policy_reason_word(decision.reason));
    explanation_answer(explanation, action, policy_reason_word(decision.reason));
}

void explain_deny(const struct directory_snapshot *rows, const char *login, struct explanation *explanation)
{
    const struct explain_message message = {.login = login, .sender = login};
    const struct policy_facts facts = {.has_dnsbl = false};
    struct envelope envelope;
    struct policy_question question = {.rows = rows, .envelope = &envelope, .facts = &facts};
    struct policy_decision decision;
    char action[POLICY_REPLY_ACTION_MAX];
    read_message(&message, &envelope);
    policy_decide(&question, &decision);
    if (decision.verdict != POLICY_DECIDE_DENIED)
        return;
    policy_reply_action(&decision, &envelope, NULL, action);
    explanation_step(explanation, "smtp_deny", slice_from(login), "may not send: %s (%s)", action,
                     policy_reason_word(decision.reason));
}
