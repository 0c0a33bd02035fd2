// SPDX-License-Identifier: BSD-2-Clause
// Hands an SMS to a gateway by HTTPS, or to the next route if the first has certainly not taken it: a second
// gateway, then gammu-smsd(1) with a modem. A route that does not answer is left out for a minute, so that
// one more attempt, after one of which nobody knows, goes another way.
#ifndef NOTIFIER_OUTBOX_SMS_SENDER_H
#define NOTIFIER_OUTBOX_SMS_SENDER_H

#include "notifier/outcome/send_outcome.h"
#include "notifier/sms/sms_request.h"
#include "pg/pg.h"
#include "transfer/transfer.h"

#define SMS_GATEWAYS 2

// All is borrowed.
struct sms_sender_spec {
    struct transfer_pool *transfers;
    struct sms_gateway gateways[SMS_GATEWAYS]; // an URL of "": none
    struct pg *gammu;                          // database of gammu-smsd; NULL: none
};

struct sms_sender;
struct sms_delivery;

// Returns whether there is any route.
bool sms_sender_has_route(const struct sms_sender *sender);

// Returns NULL if out of memory.
struct sms_sender *sms_sender_create(struct event_base *base, const struct sms_sender_spec *spec);
// All its deliveries must have ended or be cancelled; and if it has a database, that must be destroyed
// before.
void sms_sender_destroy(struct sms_sender *sender);

// `message` is copied. `on_sent` is called once, from the loop, and never after sms_delivery_cancel. NULL if
// out of memory; then there is no callback.
struct sms_delivery *sms_delivery_start(struct sms_sender *sender, const struct sms_message *message,
                                        void (*on_sent)(const struct send_result *result, void *arg),
                                        void *arg);
void sms_delivery_cancel(struct sms_delivery *delivery);

#endif
