// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/decision_log.h"

#include "base/clock.h"
#include "base/counter.h"
#include "base/log_line.h"

#define ANSWERS "emailgency_policyd_answers_total"
#define ANSWERS_HELP "Answers to Postfix by reason."

// clang-format off
// By reason.
#define ANSWER(word) {.name = ANSWERS, .help = ANSWERS_HELP, .labels = "reason=\"" word "\""}
// clang-format on

static struct counter answers[POLICY_DECIDE_REASONS] = {
    [POLICY_DECIDE_NOTHING_APPLIES] = ANSWER("nothing-applies"),
    [POLICY_DECIDE_NOT_OURS] = ANSWER("not-ours"),
    [POLICY_DECIDE_AUTHENTICATED] = ANSWER("authenticated"),
    [POLICY_DECIDE_WHITELISTED] = ANSWER("whitelisted"),
    [POLICY_DECIDE_DNS_ALLOWED] = ANSWER("dns-allowed"),
    [POLICY_DECIDE_NOT_SUSPICIOUS] = ANSWER("not-suspicious"),
    [POLICY_DECIDE_GREYLIST_PASSED] = ANSWER("greylist-passed"),
    [POLICY_DECIDE_GREYLIST_SHADOWED] = ANSWER("greylist-shadowed"),
    [POLICY_DECIDE_GREYLIST_AWAY] = ANSWER("greylist-away"),
    [POLICY_DECIDE_DOMAIN_STEALTH] = ANSWER("domain-stealth"),
    [POLICY_DECIDE_MAILBOX_DENIED] = ANSWER("mailbox-denied"),
    [POLICY_DECIDE_DOMAIN_DENIED] = ANSWER("domain-denied"),
    [POLICY_DECIDE_DNS_LISTED] = ANSWER("dns-listed"),
    [POLICY_DECIDE_GREYLIST_NEW] = ANSWER("greylist-new"),
};

#define TROUBLES "emailgency_policyd_troubles_total"
#define TROUBLES_HELP "Requests answered DUNNO because something was wrong."

static struct {
    struct counter counter;
    const char *advice;
    int64_t last_logged_ms; // clock_mono_ms; 0: never
} troubles[DECISION_LOG_TROUBLES] = {
    [DECISION_LOG_NO_DIRECTORY] =
        {{.name = TROUBLES, .help = TROUBLES_HELP, .labels = "trouble=\"no-directory\""},
         "no replica of the rows, so every answer is DUNNO; check that emailgency-replicator runs and "
         "that `directory` names its folder",
         0},
    [DECISION_LOG_DEADLINE] =
        {{.name = TROUBLES, .help = TROUBLES_HELP, .labels = "trouble=\"deadline\""},
         "an answer was not known in time and became DUNNO; check why the database or the resolver is slow",
         0},
    [DECISION_LOG_BAD_REQUEST] =
        {{.name = TROUBLES, .help = TROUBLES_HELP, .labels = "trouble=\"bad-request\""},
         "malformed policy request; check which other program connects to the socket",
         0},
    [DECISION_LOG_TOO_BIG] = {{.name = TROUBLES, .help = TROUBLES_HELP, .labels = "trouble=\"too-big\""},
                              "a request exceeds 65536 bytes and is answered DUNNO; check which other "
                              "program connects to the socket",
                              0},
};

static struct histogram latency = {.name = "emailgency_policyd_answer_seconds",
                                   .help = "From a request's last byte to its answer."};

void decision_log_register(void)
{
    for (int i = 0; i < POLICY_DECIDE_REASONS; i++)
        counter_register(&answers[i]);
    for (int i = 0; i < DECISION_LOG_TROUBLES; i++)
        counter_register(&troubles[i].counter);
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
    static const char *const actions[] = {[POLICY_DECIDE_PASS] = "dunno",
                                          [POLICY_DECIDE_STEALTH] = "defer",
                                          [POLICY_DECIDE_DENIED] = "reject",
                                          [POLICY_DECIDE_BLACKLISTED] = "reject",
                                          [POLICY_DECIDE_GREYLISTED] = "defer"};
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

void decision_log_trouble(const char *problem, enum decision_log_trouble trouble)
{
    const int64_t now = clock_mono_ms();
    counter_add(&troubles[trouble].counter, 1);
    if (troubles[trouble].last_logged_ms != 0 && now - troubles[trouble].last_logged_ms < 60000)
        return;
    troubles[trouble].last_logged_ms = now ? now : 1;
    log_error("%s%s%s", troubles[trouble].advice, problem ? ": " : "", problem ? problem : "");
}
