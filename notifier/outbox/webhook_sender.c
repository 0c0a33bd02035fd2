// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/outbox/webhook_sender.h"

#include "base/clock.h"
#include "base/counter.h"
#include "io/loop.h"
#include "notifier/webhook/webhook_request.h"
#include "notifier/webhook/webhook_sign.h"
#include "notifier/webhook/webhook_target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOTAL_MS = 20000, WAIT_MAX = 3600, OUTCOMES = SEND_UNKNOWN + 1 };

struct webhook_delivery {
    const struct webhook_sender_spec *spec;
    struct loop_timer turn; // in the loop, so that answers from the cache do not nest
    struct resolver_query *query;
    unsigned asked; // questions: A, then AAAA
    bool unanswered, blocked;
    struct webhook_target target;
    struct transfer_pin pin;
    struct transfer *transfer;
    char *domain, *url, *id, *body;
    void (*on_sent)(const struct send_result *result, void *arg);
    void *arg;
};

static struct counter requests[OUTCOMES];

static const char *outcome_word(unsigned outcome)
{
    return send_outcome_name((enum send_outcome)outcome);
}

void webhook_sender_register(void)
{
    counter_family_register(&(struct counter_family){.name = "emailgency_notifier_webhook_requests_total",
                                                     .help = "Attempts to call a webhook, by outcome.",
                                                     .label = "outcome",
                                                     .word = outcome_word,
                                                     .count = OUTCOMES,
                                                     .counters = requests});
}

static void free_delivery(struct webhook_delivery *delivery)
{
    loop_timer_finish(&delivery->turn);
    free(delivery->domain);
    free(delivery->url);
    free(delivery->id);
    free(delivery->body);
    free(delivery);
}

static void end_delivery(struct webhook_delivery *delivery, const struct send_result *result)
{
    counter_add(&requests[result->outcome], 1);
    delivery->on_sent(result, delivery->arg);
    free_delivery(delivery);
}

static void give_up(struct webhook_delivery *delivery, enum send_outcome outcome, const char *error)
{
    end_delivery(delivery, &(struct send_result){.outcome = outcome, .error = error});
}

// The text of the answer is not shown to anybody.
static void on_transferred(const struct transfer_result *result, void *arg)
{
    struct webhook_delivery *delivery = arg;
    char error[40];
    delivery->transfer = NULL;
    if (result->end != TRANSFER_ANSWERED) {
        give_up(delivery, SEND_RETRY, result->error);
        return;
    }
    const enum send_outcome outcome = webhook_outcome(result->status);
    snprintf(error, sizeof error, "HTTP status %u", result->status);
    end_delivery(delivery, &(struct send_result){
                               .outcome = outcome,
                               .retry_after = result->retry_after < WAIT_MAX ? result->retry_after : WAIT_MAX,
                               .error = outcome == SEND_SENT ? "" : error});
}

static void send_request(struct webhook_delivery *delivery)
{
    const struct webhook_sender_spec *spec = delivery->spec;
    const struct slice body = slice_from(delivery->body);
    const struct webhook_contact contact = {.domain = delivery->domain, .url = delivery->url};
    const int64_t now = clock_wall();
    char signatures[WEBHOOK_SIGNATURES_MAX], headers[3][WEBHOOK_SIGNATURES_MAX + 40];
    webhook_signatures_write(spec->secret, spec->old_secret, &contact, delivery->id, now, body, signatures);
    snprintf(headers[0], sizeof headers[0], "webhook-id: %.60s", delivery->id);
    snprintf(headers[1], sizeof headers[1], "webhook-timestamp: %lld", (long long)now);
    snprintf(headers[2], sizeof headers[2], "webhook-signature: %s", signatures);
    const char *const lines[] = {"Content-Type: application/json", "User-Agent: Emailgency", headers[0],
                                 headers[1], headers[2]};
    delivery->transfer =
        transfer_start(spec->transfers, &(struct transfer_spec){.url = delivery->url,
                                                                .method = "POST",
                                                                .headers = lines,
                                                                .header_count = sizeof lines / sizeof *lines,
                                                                .body = body,
                                                                .pin = &delivery->pin,
                                                                .total_ms = TOTAL_MS,
                                                                .on_end = on_transferred,
                                                                .arg = delivery});
    if (!delivery->transfer)
        give_up(delivery, SEND_RETRY, "out of memory");
}

static void on_address(const struct dns_answer *answer, void *arg)
{
    struct webhook_delivery *delivery = arg;
    const struct slice allowed = slice_from(delivery->spec->networks);
    delivery->query = NULL;
    delivery->unanswered = delivery->unanswered || answer->rc == DNS_FAILED || answer->rc == DNS_TIMEOUT;
    for (unsigned i = 0; answer->rc == DNS_FOUND && i < answer->count; i++) {
        struct ip ip;
        if (!webhook_target_address(answer->data[i], allowed, &ip))
            delivery->blocked = true;
        else if (delivery->pin.count < TRANSFER_PIN_ADDRESSES)
            delivery->pin.addresses[delivery->pin.count++] = ip;
    }
    loop_timer_set(&delivery->turn, 0);
}

// A host with any address elsewhere gets nothing: no honest one has some of both.
static void on_turn(void *arg)
{
    struct webhook_delivery *delivery = arg;
    static const enum dns_type types[] = {DNS_TYPE_A, DNS_TYPE_AAAA};
    if (!webhook_target_parse(delivery->url, &delivery->target)) {
        give_up(delivery, SEND_DEAD, "the URL is none that webhooks may have");
    } else if (delivery->asked < sizeof types / sizeof *types) {
        struct resolver_query *query = resolver_ask(delivery->spec->resolver, delivery->target.host,
                                                    types[delivery->asked++], on_address, delivery);
        if (query)
            delivery->query = query;
    } else if (delivery->blocked) {
        give_up(delivery, SEND_RETRY, "the host has an address that is not on the Internet");
    } else if (delivery->pin.count == 0) {
        give_up(delivery, SEND_RETRY,
                delivery->unanswered ? "DNS does not answer" : "the host has no address");
    } else {
        delivery->pin.host = delivery->target.host;
        delivery->pin.port = delivery->target.port;
        send_request(delivery);
    }
}

struct webhook_delivery *webhook_delivery_start(const struct webhook_sender_spec *spec,
                                                const struct webhook_message *message,
                                                void (*on_sent)(const struct send_result *result, void *arg),
                                                void *arg)
{
    struct webhook_delivery *delivery = calloc(1, sizeof *delivery);
    if (!delivery)
        return NULL;
    delivery->spec = spec;
    delivery->on_sent = on_sent;
    delivery->arg = arg;
    delivery->domain = strdup(message->domain);
    delivery->url = strdup(message->url);
    delivery->id = strdup(message->id);
    delivery->body = strdup(message->body);
    loop_timer_init(&delivery->turn, spec->base, on_turn, delivery);
    if (delivery->domain && delivery->url && delivery->id && delivery->body) {
        loop_timer_set(&delivery->turn, 0);
        return delivery;
    }
    free_delivery(delivery);
    return NULL;
}

void webhook_delivery_cancel(struct webhook_delivery *delivery)
{
    if (delivery->query)
        resolver_cancel(delivery->query);
    if (delivery->transfer)
        transfer_cancel(delivery->transfer);
    free_delivery(delivery);
}
