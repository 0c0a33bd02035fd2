// SPDX-License-Identifier: BSD-2-Clause
#include "milter/message_log.h"

#include "base/fault.h"
#include "base/log_line.h"
#include "milter/session.h"

static struct counter recipients[RCPT_DECIDE_REASONS];
static struct counter messages[MESSAGE_LOG_ENDS];

// Metric in `activity` of the domain, by reason; NULL: none.
static const char *const metrics[RCPT_DECIDE_REASONS] = {
    [RCPT_DECIDE_WHITELISTED] = "spf_whitelisted",
    [RCPT_DECIDE_TAG_REPORTED] = "batv_reported",
    [RCPT_DECIDE_NEVER_SENDS] = "backscatter",
    [RCPT_DECIDE_TAG_MISSING] = "backscatter",
    [RCPT_DECIDE_TOO_BIG] = "too_big",
    [RCPT_DECIDE_TOO_BIG_FOR_SENDER] = "too_big",
    [RCPT_DECIDE_SPF_RESULT] = "spf_refused",
    [RCPT_DECIDE_SPF_HELO] = "spf_refused",
};

static const struct {
    const char *word, *metric;
} ends[MESSAGE_LOG_ENDS] = {
    [MESSAGE_LOG_ACCEPTED] = {"accepted", NULL},
    [MESSAGE_LOG_TOO_BIG] = {"too-big", "too_big"},
    [MESSAGE_LOG_MANY_FORGED] = {"many-forged", "forged"},
    [MESSAGE_LOG_MANY_RECIPIENTS] = {"many-recipients", "backscatter"},
};

static struct fault faults[MESSAGE_LOG_FAULTS] = {
    [MESSAGE_LOG_NO_DIRECTORY] = {.name = "no-directory",
                                  .text = "no replica of the rows, so every message is accepted",
                                  .advice = "check that emailgency-replicator runs and that `directory` is "
                                            "its folder"},
    [MESSAGE_LOG_NO_MEMORY] = {.name = "no-memory",
                               .text = "out of memory, so a message passes unchecked",
                               .advice = "add memory"},
    [MESSAGE_LOG_SPF_WORKER] = {.name = "spf-worker",
                                .text = "an SPF check ended in temperror",
                                .advice =
                                    "check the log of the worker; if all were busy, raise `spf_workers` or "
                                    "`spf_checks`"},
    [MESSAGE_LOG_EDIT] = {.name = "edit",
                          .text = "the MTA refused a change or disconnected before the end of the message",
                          .advice = "check milter_protocol in main.cf and the log of the MTA"},
    [MESSAGE_LOG_RECIPIENTS] = {.name = "recipients",
                                .text = "bounce_protection is not applied, as Postfix would lose recipients",
                                .advice = "set enable_original_recipient = yes in main.cf"},
};

static const char *end_word(unsigned end)
{
    return ends[end].word;
}

void message_log_register(void)
{
    counter_family_register(&(struct counter_family){.name = "emailgency_milter_recipients_total",
                                                     .help = "Recipients by reason of the decision.",
                                                     .label = "reason",
                                                     .word = rcpt_decide_reason_word,
                                                     .count = RCPT_DECIDE_REASONS,
                                                     .counters = recipients});
    counter_family_register(&(struct counter_family){.name = "emailgency_milter_messages_total",
                                                     .help = "Messages by result.",
                                                     .label = "end",
                                                     .word = end_word,
                                                     .count = MESSAGE_LOG_ENDS,
                                                     .counters = messages});
    fault_register(faults, MESSAGE_LOG_FAULTS, "emailgency_milter_errors_total");
}

static void put_text(struct log_line *line, const char *key, const char *text)
{
    log_line_put(line, key, slice_from(text));
}

static void put_session(struct log_line *line, const struct session *session)
{
    char client[CIDR_TEXT_MAX] = "unknown";
    if (session->client.known)
        ip_format(&session->client.address, client);
    put_text(line, "client", client);
    put_text(line, "name", session->client.name);
    put_text(line, "helo", session->helo);
    put_text(line, "sender", session->message.given_sender[0] ? session->message.given_sender : "<>");
    if (session->client.login.len > 0)
        put_text(line, "login", session->client.login.text);
    if (session->message.queue_id[0])
        put_text(line, "queue_id", session->message.queue_id);
}

static void put_spf(struct log_line *line, const struct spf_findings *spf)
{
    if (!spf)
        return;
    put_text(line, "spf", spf_result_word(spf->mail_from.result));
    if (spf->mail_from.term[0])
        put_text(line, "term", spf->mail_from.term);
    if (spf->mail_from.problem != SPF_NO_PROBLEM)
        put_text(line, "problem", spf_problem_words(spf->mail_from.problem));
    if (spf->helo.checked)
        put_text(line, "spf_helo", spf_result_word(spf->helo.result));
}

void message_log_recipient(struct session *session, const struct mail_address *recipient,
                           const struct rcpt_decision *decision)
{
    static const char *const actions[] = {[RCPT_DECIDE_ACCEPT] = "accept",
                                          [RCPT_DECIDE_ASK_SPF] = "accept", // SPF is unavailable
                                          [RCPT_DECIDE_DEFER] = "defer",
                                          [RCPT_DECIDE_REFUSE] = "reject"};
    struct log_line line;
    counter_add(&recipients[decision->reason], 1);
    if (metrics[decision->reason] && decision->domain[0])
        domain_counts_note(&session->message.counts, slice_from(decision->domain), metrics[decision->reason],
                           1);
    log_line_begin(&line);
    put_text(&line, "action", actions[decision->verdict]);
    put_text(&line, "reason", rcpt_decide_reason_word(decision->reason));
    put_text(&line, "domain", decision->domain);
    put_text(&line, "recipient", recipient->text);
    put_session(&line, session);
    put_spf(&line, session->message.spf);
    if (decision->entry[0])
        put_text(&line, "entry", decision->entry);
    if (session->message.declared >= 0)
        log_line_number(&line, "declared", (uint64_t)session->message.declared);
    log_line_write(&line, LOG_LEVEL_INFO);
}

// A message of an authenticated user counts for the domain of the login.
static void count_accepted(struct session *session)
{
    struct session_message *message = &session->message;
    const struct slice sender = slice_from(session->sender_domain);
    domain_counts_note_domains(&message->counts, &message->domains, "accepted_messages", 1);
    domain_counts_note_domains(&message->counts, &message->domains, "accepted_bytes",
                               (uint64_t)message->size);
    if (sender.len > 0) {
        domain_counts_note(&message->counts, sender, "sent_messages", 1);
        domain_counts_note(&message->counts, sender, "sent_bytes", (uint64_t)message->size);
    }
}

void message_log_message(struct session *session, enum message_log_end end)
{
    struct session_message *message = &session->message;
    struct log_line line;
    counter_add(&messages[end], 1);
    if (end == MESSAGE_LOG_ACCEPTED)
        count_accepted(session);
    else
        domain_counts_note_domains(&message->counts, &message->domains, ends[end].metric, 1);
    log_line_begin(&line);
    put_text(&line, "action", end == MESSAGE_LOG_ACCEPTED ? "accept" : "reject");
    put_text(&line, "end", ends[end].word);
    put_session(&line, session);
    put_spf(&line, message->spf);
    log_line_number(&line, "size", (uint64_t)message->size);
    log_line_number(&line, "recipients", message->recipients);
    log_line_number(&line, "forged", message->forged_count);
    if (message->no_bounce_counts.asked > 0)
        log_line_number(&line, "no_bounce", message->no_bounce_counts.asked);
    if (message->no_bounce_counts.left > 0)
        log_line_number(&line, "no_bounce_left", message->no_bounce_counts.left);
    log_line_write(&line, LOG_LEVEL_INFO);
}

void message_log_fault(enum message_log_fault fault, const char *detail)
{
    fault_report(&faults[fault], detail);
}
