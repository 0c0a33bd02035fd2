// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/outbox/sms_sender.h"

#include "base/clock.h"
#include "base/counter.h"
#include "base/fault.h"
#include "base/log.h"
#include "io/loop.h"
#include "notifier/outbox/gammu.h"
#include "notifier/sms/sms_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    GAMMU = SMS_GATEWAYS,
    ROUTES = GAMMU + 1,
    TOTAL_MS = 20000,
    LEFT_OUT_MS = 60000,
    LEFT_OUT_MAX = 3600, // seconds, however long a gateway asks to wait
    QUOTED_MAX = 200,    // bytes of an answer
    OUTCOMES = SEND_UNKNOWN + 1
};

struct sms_sender {
    struct event_base *base;
    struct sms_sender_spec spec;
    int64_t left_out_until[ROUTES]; // clock_mono_ms
};

struct sms_delivery {
    struct sms_sender *sender;
    struct loop_timer begin; // in the loop, so that no end comes before sms_delivery_start returns
    unsigned route, tried;   // a bit per route
    struct transfer *transfer;
    bool at_gammu, cancelled;
    enum send_outcome outcome; // of all routes that were tried
    unsigned retry_after;
    char error[800];
    char to[20], text[400], id[40];
    void (*on_sent)(const struct send_result *result, void *arg);
    void *arg;
};

static const char *const route_names[ROUTES] = {"first", "second", "gammu"};
static struct counter requests[ROUTES][OUTCOMES];
static struct fault failed = {
    .name = "sms-failed",
    .text = "an SMS gateway did not take a message",
    .advice = "see last_error in table outbox; check its options in notifier.conf, and the account there",
    .is_warning = true,
    .by_subject = true};

static const char *outcome_word(unsigned outcome)
{
    return send_outcome_name((enum send_outcome)outcome);
}

static bool exists(const struct sms_sender *sender, unsigned route)
{
    return route == GAMMU ? sender->spec.gammu != NULL : *sender->spec.gateways[route].url != '\0';
}

bool sms_sender_has_route(const struct sms_sender *sender)
{
    bool any = false;
    for (unsigned route = 0; route < ROUTES; route++)
        any = any || exists(sender, route);
    return any;
}

// The next route: the first that is not left out, else the first; ROUTES: all were tried.
static unsigned choose(const struct sms_delivery *delivery)
{
    const struct sms_sender *sender = delivery->sender;
    unsigned chosen = ROUTES;
    for (unsigned route = ROUTES; route-- > 0;)
        if (exists(sender, route) && !(delivery->tried & 1U << route)) {
            const bool left_out = sender->left_out_until[route] > clock_mono_ms();
            const bool better =
                chosen == ROUTES || !left_out || sender->left_out_until[chosen] > clock_mono_ms();
            chosen = better ? route : chosen;
        }
    return chosen;
}

static void free_delivery(struct sms_delivery *delivery)
{
    loop_timer_finish(&delivery->begin);
    free(delivery);
}

static void end_delivery(struct sms_delivery *delivery)
{
    const struct send_result result = {.outcome = delivery->outcome,
                                       .retry_after = delivery->retry_after,
                                       .error = delivery->outcome == SEND_SENT ? "" : delivery->error};
    if (!delivery->cancelled)
        delivery->on_sent(&result, delivery->arg);
    free_delivery(delivery);
}

static void start_route(void *arg);

static void add_error(struct sms_delivery *delivery, const char *error)
{
    const size_t used = strlen(delivery->error);
    snprintf(delivery->error + used, sizeof delivery->error - used, "%s%s gateway: %s", used ? "; " : "",
             route_names[delivery->route], error);
}

// A refusal counts less than a failure: the message may be good for the route that failed.
static void note(struct sms_delivery *delivery, enum send_outcome outcome, const char *error)
{
    const bool was_retry = delivery->error[0] && delivery->outcome == SEND_RETRY;
    counter_add(&requests[delivery->route][outcome], 1);
    delivery->outcome = was_retry && outcome == SEND_DEAD ? SEND_RETRY : outcome;
    if (outcome == SEND_SENT)
        return;
    add_error(delivery, error);
    (void)fault_report(&failed, route_names[delivery->route]);
}

// The next route waits for the next attempt where nobody knows whether it was sent.
static void on_route_ended(struct sms_delivery *delivery, enum send_outcome outcome, const char *error)
{
    note(delivery, outcome, error);
    if (outcome == SEND_SENT || outcome == SEND_UNKNOWN || delivery->cancelled)
        end_delivery(delivery);
    else
        start_route(delivery);
}

static void leave_out(struct sms_delivery *delivery, int64_t ms)
{
    delivery->sender->left_out_until[delivery->route] = clock_mono_ms() + ms;
}

static void on_answer(struct sms_delivery *delivery, const struct transfer_result *result)
{
    const struct sms_gateway *gateway = &delivery->sender->spec.gateways[delivery->route];
    const enum send_outcome outcome = sms_answer_outcome(gateway, result->status, result->body);
    const unsigned wait = result->retry_after < LEFT_OUT_MAX ? result->retry_after : LEFT_OUT_MAX;
    char error[QUOTED_MAX + 60], id[SMS_ID_MAX];
    if (outcome == SEND_SENT) {
        sms_answer_id(gateway, result->body, id);
        log_info("an SMS was taken by a gateway: id=%s gateway=%s gateway_id=%s", delivery->id,
                 route_names[delivery->route], log_value(slice_from(id)).text);
    } else if (outcome == SEND_UNKNOWN || wait) {
        leave_out(delivery, wait ? (int64_t)wait * 1000 : LEFT_OUT_MS);
    }
    delivery->retry_after = wait;
    snprintf(error, sizeof error, "HTTP status %u, %.*s", result->status,
             (int)(result->body.len < QUOTED_MAX ? result->body.len : QUOTED_MAX), result->body.ptr);
    on_route_ended(delivery, outcome, error);
}

static void on_transferred(const struct transfer_result *result, void *arg)
{
    struct sms_delivery *delivery = arg;
    delivery->transfer = NULL;
    if (result->end == TRANSFER_ANSWERED) {
        on_answer(delivery, result);
        return;
    }
    leave_out(delivery, LEFT_OUT_MS);
    on_route_ended(delivery, result->end == TRANSFER_UNKNOWN ? SEND_UNKNOWN : SEND_RETRY, result->error);
}

static void on_gammu(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct sms_delivery *delivery = arg;
    delivery->at_gammu = false;
    if (rc != PG_OK)
        leave_out(delivery, LEFT_OUT_MS);
    on_route_ended(delivery, rc == PG_OK ? SEND_SENT : SEND_RETRY,
                   rc == PG_ERROR ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)
                                  : "its database does not answer");
}

static void start_gateway(struct sms_delivery *delivery, struct sms_request *request)
{
    const struct sms_sender *sender = delivery->sender;
    const struct sms_gateway *gateway = &sender->spec.gateways[delivery->route];
    const struct sms_message message = {
        .to = delivery->to, .text = delivery->text, .id = delivery->id, .time = clock_wall()};
    const char *headers[SMS_HEADERS];
    struct problem problem;
    if (!sms_request_write(gateway, &message, request, &problem)) {
        on_route_ended(delivery, SEND_DEAD, problem.text);
        return;
    }
    for (size_t i = 0; i < request->header_count; i++)
        headers[i] = request->headers[i];
    delivery->transfer = transfer_start(
        sender->spec.transfers, &(struct transfer_spec){.url = request->url,
                                                        .method = gateway->method,
                                                        .headers = headers,
                                                        .header_count = request->header_count,
                                                        .body = slice_make(request->body, request->body_len),
                                                        .total_ms = TOTAL_MS,
                                                        .on_end = on_transferred,
                                                        .arg = delivery});
    if (!delivery->transfer)
        on_route_ended(delivery, SEND_RETRY, "out of memory");
}

static void start_route(void *arg)
{
    struct sms_delivery *delivery = arg;
    const unsigned route = choose(delivery);
    struct sms_request request;
    if (!sms_number_valid(delivery->to)) {
        delivery->outcome = SEND_DEAD;
        snprintf(delivery->error, sizeof delivery->error, "the number is not in the form of E.164");
        end_delivery(delivery);
        return;
    }
    if (route == ROUTES) {
        end_delivery(delivery);
        return;
    }
    delivery->route = route;
    delivery->tried |= 1U << route;
    if (route == GAMMU) {
        delivery->at_gammu = true;
        gammu_insert(delivery->sender->spec.gammu, delivery->to, delivery->text, delivery->id, on_gammu,
                     delivery);
        return;
    }
    start_gateway(delivery, &request);
    explicit_bzero(&request, sizeof request);
}

struct sms_delivery *sms_delivery_start(struct sms_sender *sender, const struct sms_message *message,
                                        void (*on_sent)(const struct send_result *result, void *arg),
                                        void *arg)
{
    struct sms_delivery *delivery = calloc(1, sizeof *delivery);
    if (!delivery)
        return NULL;
    delivery->sender = sender;
    delivery->on_sent = on_sent;
    delivery->arg = arg;
    if (!slice_copy(slice_from(message->text), delivery->text, sizeof delivery->text) ||
        !slice_copy(slice_from(message->id), delivery->id, sizeof delivery->id)) {
        free(delivery);
        return NULL;
    }
    // One that does not fit is no number.
    (void)slice_copy(slice_from(message->to), delivery->to, sizeof delivery->to);
    loop_timer_init(&delivery->begin, sender->base, start_route, delivery);
    loop_timer_set(&delivery->begin, 0);
    return delivery;
}

void sms_delivery_cancel(struct sms_delivery *delivery)
{
    delivery->cancelled = true;
    if (delivery->at_gammu)
        return;
    if (delivery->transfer)
        transfer_cancel(delivery->transfer);
    free_delivery(delivery);
}

struct sms_sender *sms_sender_create(struct event_base *base, const struct sms_sender_spec *spec)
{
    struct sms_sender *sender = calloc(1, sizeof *sender);
    if (!sender)
        return NULL;
    sender->base = base;
    sender->spec = *spec;
    for (unsigned route = 0; route < ROUTES; route++)
        if (exists(sender, route))
            counter_family_register(
                &(struct counter_family){.name = "emailgency_notifier_sms_requests_total",
                                         .help = "Requests to send an SMS, by gateway and outcome.",
                                         .shared = {.name = "gateway", .value = route_names[route]},
                                         .label = "outcome",
                                         .word = outcome_word,
                                         .count = OUTCOMES,
                                         .counters = requests[route]});
    fault_register(&failed, 1, "emailgency_notifier_errors_total");
    return sender;
}

void sms_sender_destroy(struct sms_sender *sender)
{
    free(sender);
}
