// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/explain/explain_milter.h"

#include "base/clock.h"
#include "directory/recipient.h"
#include "milter/decide/rcpt_answer.h"
#include "milter/decide/size_limit.h"
#include "milter/decide/smtp_command.h"

#include <inttypes.h>
#include <stdio.h>

static void explain_size(const struct directory_snapshot *rows, const struct domain_row *domain,
                         const struct mail_address *address, struct explanation *explanation)
{
    static const char *const columns[] = {[SIZE_LIMIT_PLAN] = "plan.max_message_size",
                                          [SIZE_LIMIT_VIP] = "plan.vip_message_size",
                                          [SIZE_LIMIT_MAILBOX] = "mailbox.max_message_size"};
    const int64_t slack = directory_setting_number(rows, "message_size_slack", 0);
    struct expansion expansion;
    struct size_limit limit;
    (void)(expansion_make_at(rows, address_local(address), domain, &expansion) == EXPANSION_OK);
    size_limit_of_expansion(rows, &expansion, &limit);
    if (limit.row == SIZE_LIMIT_NO_ROW)
        explanation_step(explanation, "size_limit", address_text(address), "none: its rows cannot be read");
    else
        explanation_step(explanation, "size_limit", address_text(address),
                         "%" PRId64 " bytes (%s of %.*s; setting message_size_slack is %" PRId64 ")",
                         limit.bytes, columns[limit.row], (int)limit.key.len, limit.key.ptr, slack);
}

// The reply as SMTP clients see it; `from` is a format for libmilter.
static void write_reply(const struct reply_text *from, char out[EXPLAIN_REPLY_MAX])
{
    size_t len = (size_t)snprintf(out, EXPLAIN_REPLY_MAX, "%s %s ", from->code, from->status);
    for (const char *at = from->text; *at && len + 1 < EXPLAIN_REPLY_MAX; at += at[0] == '%' ? 2 : 1)
        out[len++] = *at;
    out[len] = '\0';
}

// The answer to a bounce; its tag is not verified.
static void explain_bounces(const struct directory_snapshot *rows, const struct domain_row *domain,
                            const struct mail_address *address, struct explanation *explanation)
{
    static const char *const words[] = {
        [BATV_OFF] = "accepted",
        [BATV_REPORT] = "counted if without our tag (domain.batv; keys are not read here)",
        [BATV_REQUIRE] = "refused if without our tag (domain.batv; keys are not read here)"};
    const struct rcpt_decide_client client = {.name = "unknown"};
    const struct mail_address null_sender = {.len = 0};
    const struct rcpt_decide_message bounce = {.client = &client,
                                               .sender = &null_sender,
                                               .client_class = RCPT_DECIDE_TRUSTED,
                                               .declared = -1,
                                               .limit = -1};
    struct rcpt_decision decision;
    struct reply_text text;
    char reply[EXPLAIN_REPLY_MAX];
    rcpt_decide(rows, &bounce, address, &decision);
    if (decision.verdict != RCPT_DECIDE_REFUSE) {
        explanation_step(explanation, "bounces", address_text(address), "%s", words[domain->batv]);
        return;
    }
    rcpt_answer_write(&decision, NULL, &text);
    write_reply(&text, reply);
    explanation_step(explanation, "bounces", address_text(address), "%s (%s, by receive_only)", reply,
                     rcpt_decide_reason_word(decision.reason));
}

void explain_milter_domain(const struct directory_snapshot *rows, const struct domain_row *domain,
                           struct explanation *explanation)
{
    struct spf_policy policy;
    spf_policy_read(rows, &policy);
    explain_spf_rows(&policy, domain, explanation);
    if (domain->bounce_protection && recipient_domain_of(domain).relayed)
        explanation_step(explanation, "bounce_protection", domain->name,
                         "relayed with NOTIFY=NEVER unless SPF passes");
}

void explain_milter_rows(const struct directory_snapshot *rows, const struct domain_row *domain,
                         struct slice local, struct explanation *explanation)
{
    struct mail_address address;
    if (address_join(local, domain->name, &address)) {
        explain_size(rows, domain, &address, explanation);
        explain_bounces(rows, domain, &address, explanation);
    }
    explain_milter_domain(rows, domain, explanation);
}

// The message as the milter receives it.
struct given {
    struct rcpt_decide_client client;
    struct spf_findings findings;
    struct mail_address sender, recipient;
    struct rcpt_decide_message message;
};

static void read_given(const struct directory_snapshot *rows, const struct explain_message *message,
                       struct given *out)
{
    const char *const sender[] = {message->sender ? message->sender : message->login, NULL};
    *out = (struct given){.client = {.name = "unknown"}};
    out->client.known = message->client && ip_parse(slice_from(message->client), &out->client.address);
    if (message->name)
        (void)slice_copy_lower(slice_from(message->name), out->client.name, sizeof out->client.name);
    smtp_command_address_read(smtp_command_address(sender, slice_make(NULL, 0)), &out->sender);
    smtp_command_address_read(slice_from(message->login), &out->client.login);
    smtp_command_address_read(slice_from(message->recipient), &out->recipient);
    out->message = (struct rcpt_decide_message){.client = &out->client,
                                                .client_class = rcpt_decide_client_class(rows, &out->client),
                                                .sender = &out->sender,
                                                .declared = message->size,
                                                .limit = -1,
                                                .now = clock_wall()};
}

static void explain_client_class(const struct explain_message *message, enum rcpt_client_class client_class,
                                 struct explanation *explanation)
{
    if (client_class == RCPT_DECIDE_TRUSTED)
        explanation_step(explanation, "client", slice_from(message->client),
                         "in trusted_networks: SPF is not checked");
    else if (client_class == RCPT_DECIDE_RELAY)
        explanation_step(
            explanation, "client", slice_from(message->client),
            "in relay_networks: SPF checks the first outside client in Received, and refuses nothing");
}

static void explain_entry(const struct rcpt_decision *decision, struct explanation *explanation)
{
    const struct whitelist_row row = {.domain = slice_from(decision->domain),
                                      .entry = slice_from(decision->entry)};
    if (decision->entry[0])
        explanation_row(explanation, DIRECTORY_WHITELIST, &row, "SPF refuses nothing");
}

// The order of the milter's checks, and the one that decided.
static void explain_order(const struct rcpt_decision *decision, const struct mail_address *recipient,
                          struct explanation *explanation)
{
    char text[EXPLAIN_REPLY_MAX];
    int len = 0;
    for (size_t i = 0; rcpt_decide_check_name(i); i++)
        len +=
            snprintf(text + len, sizeof text - (size_t)len, "%s%s", i ? ", " : "", rcpt_decide_check_name(i));
    explanation_step(explanation, "milter_checks", address_text(recipient), "%s: %s%s", text,
                     decision->check ? "decided by " : "all pass", decision->check ? decision->check : "");
}

bool explain_milter(const struct directory_snapshot *rows, const struct explain_spf_results *spf,
                    const struct explain_message *message, struct explanation *explanation,
                    char reply[EXPLAIN_REPLY_MAX], const char **reason)
{
    static struct given given;
    struct spf_policy policy;
    struct rcpt_decision decision;
    struct reply_text text;
    read_given(rows, message, &given);
    explain_client_class(message, given.message.client_class, explanation);
    rcpt_decide(rows, &given.message, &given.recipient, &decision);
    if (decision.verdict == RCPT_DECIDE_ASK_SPF) {
        spf_policy_read(rows, &policy);
        explain_spf(spf, &policy, message, explanation, &given.findings);
        given.message.spf = &given.findings;
        rcpt_decide(rows, &given.message, &given.recipient, &decision);
    }
    explain_entry(&decision, explanation);
    *reason = rcpt_decide_reason_word(decision.reason);
    const bool accepted = decision.verdict == RCPT_DECIDE_ACCEPT;
    if (!accepted) {
        rcpt_answer_write(&decision, given.message.spf, &text);
        write_reply(&text, reply);
    }
    explain_order(&decision, &given.recipient, explanation);
    explanation_step(explanation, "milter", slice_from(decision.domain), "%s (%s)",
                     accepted ? "accept" : reply, *reason);
    return accepted;
}
