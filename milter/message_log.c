// SPDX-License-Identifier: BSD-2-Clause
#include "milter/message_log.h"

#include "base/clock.h"
#include "base/counter.h"
#include "base/log_line.h"
#include "milter/session.h"

#include <stdatomic.h>

#define RECIPIENTS(word)                                                                                     \
    {                                                                                                        \
        .name = "emailgency_milter_recipients_total", .help = "Recipients by what settled them.",            \
        .labels = "reason=\"" word "\""                                                                      \
    }
#define MESSAGES(word)                                                                                       \
    {                                                                                                        \
        .name = "emailgency_milter_messages_total", .help = "Messages by how they ended.",                   \
        .labels = "end=\"" word "\""                                                                         \
    }
#define TROUBLES(word)                                                                                       \
    {                                                                                                        \
        .name = "emailgency_milter_troubles_total", .help = "What went wrong.",                              \
        .labels = "trouble=\"" word "\""                                                                     \
    }

// By reason: what counts it in the process, and in the domain's `activity`; NULL: nothing there.
static struct {
    struct counter counter;
    const char *metric;
    atomic_ullong count;
} reasons[RCPT_DECIDE_REASONS] = {
    [RCPT_DECIDE_NOTHING_APPLIES] = {RECIPIENTS("nothing-applies"), NULL, 0},
    [RCPT_DECIDE_NOT_OURS] = {RECIPIENTS("not-ours"), NULL, 0},
    [RCPT_DECIDE_WHITELISTED] = {RECIPIENTS("whitelisted"), "spf_whitelisted", 0},
    [RCPT_DECIDE_TAG_REPORTED] = {RECIPIENTS("tag-reported"), "batv_reported", 0},
    [RCPT_DECIDE_NEVER_SENDS] = {RECIPIENTS("never-sends"), "backscatter", 0},
    [RCPT_DECIDE_TAG_MISSING] = {RECIPIENTS("tag-missing"), "backscatter", 0},
    [RCPT_DECIDE_TOO_BIG] = {RECIPIENTS("too-big"), "too_big", 0},
    [RCPT_DECIDE_TOO_BIG_FOR_SENDER] = {RECIPIENTS("too-big-for-sender"), "too_big", 0},
    [RCPT_DECIDE_OTHER_LIMIT] = {RECIPIENTS("other-limit"), NULL, 0},
    [RCPT_DECIDE_SPF_RESULT] = {RECIPIENTS("spf"), "spf_refused", 0},
    [RCPT_DECIDE_SPF_HELO] = {RECIPIENTS("spf-helo"), "spf_refused", 0},
};

static struct {
    struct counter counter;
    const char *word, *metric;
    atomic_ullong count;
} ends[MESSAGE_LOG_ENDS] = {
    [MESSAGE_LOG_ACCEPTED] = {MESSAGES("accepted"), "accepted", NULL, 0},
    [MESSAGE_LOG_TOO_BIG] = {MESSAGES("too-big"), "too-big", "too_big", 0},
    [MESSAGE_LOG_MANY_FORGED] = {MESSAGES("many-forged"), "many-forged", "forged", 0},
    [MESSAGE_LOG_MANY_RECIPIENTS] = {MESSAGES("many-recipients"), "many-recipients", "backscatter", 0},
};

static struct {
    struct counter counter;
    const char *advice;
    atomic_ullong count;
    atomic_llong told_at; // clock_mono_ms; 0: never
} troubles[MESSAGE_LOG_TROUBLES] = {
    [MESSAGE_LOG_NO_DIRECTORY] =
        {TROUBLES("no-directory"),
         "no replica of the rows, so every message is accepted; see that emailgency-replicator "
         "runs and that `directory` names its folder",
         0, 0},
    [MESSAGE_LOG_NO_MEMORY] = {TROUBLES("no-memory"),
                               "out of memory, so a message goes on unchecked; give the machine more", 0, 0},
    [MESSAGE_LOG_SPF_WORKER] =
        {TROUBLES("spf-worker"),
         "an SPF check ended as temperror; see what the worker logged, and `spf_workers` and "
         "`spf_checks` where they were busy",
         0, 0},
    [MESSAGE_LOG_EDIT] = {TROUBLES("edit"),
                          "the MTA did not take a change, or hung up before the end; see milter_protocol in "
                          "main.cf and the MTA's log",
                          0, 0},
    [MESSAGE_LOG_RECIPIENTS] = {TROUBLES("recipients"),
                                "bounce_protection is not applied, as Postfix would lose recipients; set "
                                "enable_original_recipient = yes in main.cf",
                                0, 0},
};

void message_log_register(void)
{
    for (int i = 0; i < RCPT_DECIDE_REASONS; i++)
        counter_register(&reasons[i].counter);
    for (int i = 0; i < MESSAGE_LOG_ENDS; i++)
        counter_register(&ends[i].counter);
    for (int i = 0; i < MESSAGE_LOG_TROUBLES; i++)
        counter_register(&troubles[i].counter);
}

void message_log_refresh(void)
{
    for (int i = 0; i < RCPT_DECIDE_REASONS; i++)
        counter_set(&reasons[i].counter, (double)atomic_load(&reasons[i].count));
    for (int i = 0; i < MESSAGE_LOG_ENDS; i++)
        counter_set(&ends[i].counter, (double)atomic_load(&ends[i].count));
    for (int i = 0; i < MESSAGE_LOG_TROUBLES; i++)
        counter_set(&troubles[i].counter, (double)atomic_load(&troubles[i].count));
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
                                          [RCPT_DECIDE_ASK_SPF] = "accept", // it could not be asked
                                          [RCPT_DECIDE_DEFER] = "defer",
                                          [RCPT_DECIDE_REFUSE] = "reject"};
    struct log_line line;
    atomic_fetch_add(&reasons[decision->reason].count, 1);
    if (reasons[decision->reason].metric && decision->domain[0])
        domain_counts_note(&session->message.counts, slice_from(decision->domain),
                           reasons[decision->reason].metric, 1);
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

// What an authenticated user sends counts for the domain of the login.
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
    atomic_fetch_add(&ends[end].count, 1);
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

void message_log_trouble(enum message_log_trouble trouble, const char *detail)
{
    enum { AGAIN_MS = 60000 };
    const long long now = clock_mono_ms();
    long long told = atomic_load(&troubles[trouble].told_at);
    atomic_fetch_add(&troubles[trouble].count, 1);
    if ((told != 0 && now - told < AGAIN_MS) ||
        !atomic_compare_exchange_strong(&troubles[trouble].told_at, &told, now ? now : 1))
        return;
    log_error("%s%s%s", troubles[trouble].advice, detail ? ": " : "", detail ? detail : "");
}
