// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/decision_log.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log_line.h"
#include "policyd/request.h"

static struct counter answers[POLICY_DECIDE_REASONS];

// By reason: the metric of `activity`; NULL: none but "passed".
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

static struct fault faults[DECISION_LOG_FAULTS] = {
    [DECISION_LOG_NO_DIRECTORY] = {.name = "no-directory",
                                   .text = "no replica of the rows, so every answer is DUNNO",
                                   .advice = "see that emailgency-replicator runs and that `directory` names "
                                             "its folder"},
    [DECISION_LOG_DEADLINE] = {.name = "deadline",
                               .text = "an answer was not known in time and became DUNNO",
                               .advice = "see why the database or the resolver is slow"},
    [DECISION_LOG_BAD_REQUEST] = {.name = "bad-request",
                                  .text = "malformed policy request",
                                  .advice = "check which other program connects to the socket"},
    [DECISION_LOG_TOO_BIG] = {.name = "too-big",
                              .text = "a request exceeds 65536 bytes and is answered DUNNO",
                              .advice = "check which other program connects to the socket"},
};

static struct histogram latency = {.name = "emailgency_policyd_answer_seconds",
                                   .help = "From a request's last byte to its answer."};

void decision_log_register(void)
{
    counter_family_register(&(struct counter_family){.name = "emailgency_policyd_answers_total",
                                                     .help = "Answers to Postfix by reason.",
                                                     .label = "reason",
                                                     .word = policy_reason_word,
                                                     .count = POLICY_DECIDE_REASONS,
                                                     .counters = answers});
    fault_register(faults, DECISION_LOG_FAULTS, "emailgency_policyd_errors_total");
    histogram_register(&latency);
}

// The metrics are numbered by their reasons; "passed" comes after them.
static void count_once(const struct request *tx, unsigned number, const char *metric)
{
    const struct slice domain = slice_from(tx->decision.domain);
    if (transaction_first(tx->instance, domain, number))
        activity_count(tx->services->activity, domain, metric);
}

static void put_text(struct log_line *line, const char *key, const char *text)
{
    log_line_put(line, key, slice_from(text));
}

static void log_decision(const struct request *tx, int64_t took)
{
    static const char *const actions[] = {[POLICY_DECIDE_PASS] = "dunno",
                                          [POLICY_DECIDE_STEALTH] = "defer",
                                          [POLICY_DECIDE_DENIED] = "reject",
                                          [POLICY_DECIDE_BLACKLISTED] = "reject",
                                          [POLICY_DECIDE_GREYLISTED] = "defer"};
    const struct envelope *envelope = &tx->envelope;
    struct log_line line;
    char client[CIDR_TEXT_MAX] = "unknown";
    if (envelope->has_client)
        ip_format(&envelope->client, client);
    log_line_begin(&line);
    put_text(&line, "action", tx->decision.verify ? "verify" : actions[tx->decision.verdict]);
    put_text(&line, "reason", policy_reason_word(tx->decision.reason));
    put_text(&line, "domain", tx->decision.domain);
    put_text(&line, "client", client);
    put_text(&line, "name", envelope->client_name);
    put_text(&line, "sender", envelope->sender[0] ? envelope->sender : "<>");
    put_text(&line, "recipient", envelope->recipient);
    if (envelope->login[0])
        put_text(&line, "login", envelope->login);
    if (tx->decision.entry[0])
        put_text(&line, "entry", tx->decision.entry);
    if (tx->listing.zone[0])
        put_text(&line, "zone", tx->listing.zone);
    put_text(&line, "instance", envelope->instance);
    if (envelope->queue_id[0])
        put_text(&line, "queue_id", envelope->queue_id);
    log_line_number(&line, "took_us", took > 0 ? (uint64_t)took : 0);
    log_line_write(&line, LOG_LEVEL_INFO);
}

void decision_log_record(const struct request *tx)
{
    const enum policy_reason reason = tx->decision.reason;
    const int64_t took = clock_mono_us() - tx->started_us;
    counter_add(&answers[reason], 1);
    histogram_observe_us(&latency, took);
    if (tx->decision.domain[0]) {
        if (metrics[reason])
            count_once(tx, reason, metrics[reason]);
        if (tx->decision.verdict == POLICY_DECIDE_PASS)
            count_once(tx, POLICY_DECIDE_REASONS, "passed");
    }
    if (log_enabled(LOG_LEVEL_INFO))
        log_decision(tx, took);
}

void decision_log_fault(const struct request *tx, enum decision_log_fault fault)
{
    fault_report(&faults[fault], fault == DECISION_LOG_NO_DIRECTORY && tx
                                     ? directory_problem(tx->services->directory)
                                     : NULL);
}
