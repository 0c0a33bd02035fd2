// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/decision_log.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log_line.h"

static struct counter answers[POLICY_DECIDE_REASONS];

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

static void put_text(struct log_line *line, const char *key, const char *text)
{
    log_line_put(line, key, slice_from(text));
}

static void put_address(struct log_line *line, const char *key, const struct mail_address *address)
{
    log_line_put(line, key, address_text(address));
}

static void put_envelope(struct log_line *line, const struct envelope *envelope)
{
    char client[CIDR_TEXT_MAX] = "unknown";
    if (envelope->has_client)
        ip_format(&envelope->client, client);
    put_text(line, "client", client);
    put_text(line, "name", envelope->client_name);
    log_line_put(line, "sender", envelope->sender.len ? address_text(&envelope->sender) : SLICE("<>"));
    put_address(line, "recipient", &envelope->recipient);
    if (envelope->login.len)
        put_address(line, "login", &envelope->login);
}

static void log_decision(const struct policy_decision *decision, const struct envelope *envelope,
                         const struct dnsbl_result *listing, int64_t took_us)
{
    static const char *const actions[] = {
        [POLICY_DECIDE_PASS] = "dunno",       [POLICY_DECIDE_STEALTH] = "defer",
        [POLICY_DECIDE_DENIED] = "reject",    [POLICY_DECIDE_BLACKLISTED] = "reject",
        [POLICY_DECIDE_GREYLISTED] = "defer", [POLICY_DECIDE_LIMITED] = "defer"};
    struct log_line line;
    log_line_begin(&line);
    put_text(&line, "action", decision->verify ? "verify" : actions[decision->verdict]);
    put_text(&line, "reason", policy_reason_word(decision->reason));
    put_text(&line, "domain", decision->domain);
    put_envelope(&line, envelope);
    if (decision->entry[0])
        put_text(&line, "entry", decision->entry);
    if (listing->zone[0])
        put_text(&line, "zone", listing->zone);
    if (decision->verdict == POLICY_DECIDE_LIMITED)
        put_text(&line, "limit", decision->limit.column);
    put_text(&line, "instance", envelope->instance);
    if (envelope->queue_id[0])
        put_text(&line, "queue_id", envelope->queue_id);
    log_line_number(&line, "took_us", took_us > 0 ? (uint64_t)took_us : 0);
    log_line_write(&line, LOG_LEVEL_INFO);
}

void decision_log_record(const struct policy_decision *decision, const struct envelope *envelope,
                         const struct dnsbl_result *listing, int64_t took_us)
{
    counter_add(&answers[decision->reason], 1);
    histogram_observe_us(&latency, took_us);
    if (log_enabled(LOG_LEVEL_INFO))
        log_decision(decision, envelope, listing, took_us);
}

void decision_log_queue_id(const struct policy_request *request)
{
    struct log_line line;
    if (!log_enabled(LOG_LEVEL_INFO))
        return;
    log_line_begin(&line);
    log_line_put(&line, "queue_id", request->queue_id);
    log_line_put(&line, "instance", request->instance);
    log_line_write(&line, LOG_LEVEL_INFO);
}

void decision_log_fault(enum decision_log_fault fault, const char *problem)
{
    fault_report(&faults[fault], problem);
}
