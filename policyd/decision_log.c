// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/decision_log.h"

#include "base/clock.h"
#include "base/counter.h"
#include "base/log_line.h"
#include "policyd/request.h"

#define ANSWERS "emailgency_policyd_answers_total"
#define ANSWERS_HELP "Answers to Postfix by reason."

// By reason: its counter, and the metric of `activity`; NULL: none but "passed".
static struct {
    struct counter counter;
    const char *metric;
} answers[POLICY_DECIDE_REASONS] = {
    [POLICY_DECIDE_NOTHING_APPLIES] =
        {{.name = ANSWERS, .help = ANSWERS_HELP, .labels = "reason=\"nothing-applies\""}, NULL},
    [POLICY_DECIDE_NOT_OURS] = {{.name = ANSWERS, .help = ANSWERS_HELP, .labels = "reason=\"not-ours\""},
                                NULL},
    [POLICY_DECIDE_AUTHENTICATED] =
        {{.name = ANSWERS, .help = ANSWERS_HELP, .labels = "reason=\"authenticated\""}, NULL},
    [POLICY_DECIDE_WHITELISTED] =
        {{.name = ANSWERS, .help = ANSWERS_HELP, .labels = "reason=\"whitelisted\""}, "whitelisted"},
    [POLICY_DECIDE_DNS_ALLOWED] =
        {{.name = ANSWERS, .help = ANSWERS_HELP, .labels = "reason=\"dns-allowed\""}, "dns_allowed"},
    [POLICY_DECIDE_NOT_SUSPICIOUS] =
        {{.name = ANSWERS, .help = ANSWERS_HELP, .labels = "reason=\"not-suspicious\""}, NULL},
    [POLICY_DECIDE_GREYLIST_PASSED] =
        {{.name = ANSWERS, .help = ANSWERS_HELP, .labels = "reason=\"greylist-passed\""}, "greylist_passed"},
    [POLICY_DECIDE_GREYLIST_SHADOWED] =
        {{.name = ANSWERS, .help = ANSWERS_HELP, .labels = "reason=\"greylist-shadowed\""}, "would_greylist"},
    [POLICY_DECIDE_GREYLIST_AWAY] = {{.name = ANSWERS,
                                      .help = ANSWERS_HELP,
                                      .labels = "reason=\"greylist-away\""},
                                     "greylist_unavailable"},
    [POLICY_DECIDE_DOMAIN_STEALTH] =
        {{.name = ANSWERS, .help = ANSWERS_HELP, .labels = "reason=\"domain-stealth\""}, "stealth"},
    [POLICY_DECIDE_MAILBOX_DENIED] =
        {{.name = ANSWERS, .help = ANSWERS_HELP, .labels = "reason=\"mailbox-denied\""}, "smtp_denied"},
    [POLICY_DECIDE_DOMAIN_DENIED] =
        {{.name = ANSWERS, .help = ANSWERS_HELP, .labels = "reason=\"domain-denied\""}, "smtp_denied"},
    [POLICY_DECIDE_DNS_LISTED] = {{.name = ANSWERS, .help = ANSWERS_HELP, .labels = "reason=\"dns-listed\""},
                                  "blacklisted"},
    [POLICY_DECIDE_GREYLIST_NEW] =
        {{.name = ANSWERS, .help = ANSWERS_HELP, .labels = "reason=\"greylist-new\""}, "greylisted"},
};

#define TROUBLES "emailgency_policyd_troubles_total"
#define TROUBLES_HELP "Requests answered DUNNO because something was wrong."

static struct {
    struct counter counter;
    const char *advice;
    int64_t told_at; // clock_mono_ms; 0: never
} troubles[DECISION_LOG_TROUBLES] = {
    [DECISION_LOG_NO_DIRECTORY] =
        {{.name = TROUBLES, .help = TROUBLES_HELP, .labels = "trouble=\"no-directory\""},
         "no replica of the rows, so every answer is DUNNO; see that emailgency-replicator runs and "
         "that `directory` names its folder",
         0},
    [DECISION_LOG_DEADLINE] =
        {{.name = TROUBLES, .help = TROUBLES_HELP, .labels = "trouble=\"deadline\""},
         "an answer was not known in time and became DUNNO; see why the database or the resolver is slow",
         0},
    [DECISION_LOG_BAD_REQUEST] = {{.name = TROUBLES,
                                   .help = TROUBLES_HELP,
                                   .labels = "trouble=\"bad-request\""},
                                  "what came is no policy request; see who else connects to the socket",
                                  0},
    [DECISION_LOG_TOO_BIG] =
        {{.name = TROUBLES, .help = TROUBLES_HELP, .labels = "trouble=\"too-big\""},
         "a request exceeds 65536 bytes and is answered DUNNO; see who else connects to the socket",
         0},
};

static struct histogram latency = {.name = "emailgency_policyd_answer_seconds",
                                   .help = "From a request's last byte to its answer."};

void decision_log_register(void)
{
    for (int i = 0; i < POLICY_DECIDE_REASONS; i++)
        counter_register(&answers[i].counter);
    for (int i = 0; i < DECISION_LOG_TROUBLES; i++)
        counter_register(&troubles[i].counter);
    histogram_register(&latency);
}

// The metrics are numbered by their reasons; "passed" comes behind them.
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
    counter_add(&answers[reason].counter, 1);
    histogram_observe_us(&latency, took);
    if (tx->decision.domain[0]) {
        if (answers[reason].metric)
            count_once(tx, reason, answers[reason].metric);
        if (tx->decision.verdict == POLICY_DECIDE_PASS)
            count_once(tx, POLICY_DECIDE_REASONS, "passed");
    }
    if (log_enabled(LOG_LEVEL_INFO))
        log_decision(tx, took);
}

void decision_log_trouble(const struct request *tx, enum decision_log_trouble trouble)
{
    const int64_t now = clock_mono_ms();
    counter_add(&troubles[trouble].counter, 1);
    if (troubles[trouble].told_at != 0 && now - troubles[trouble].told_at < 60000)
        return;
    troubles[trouble].told_at = now ? now : 1;
    const char *problem =
        trouble == DECISION_LOG_NO_DIRECTORY && tx ? directory_problem(tx->services->directory) : NULL;
    log_error("%s%s%s", troubles[trouble].advice, problem ? ": " : "", problem ? problem : "");
}
