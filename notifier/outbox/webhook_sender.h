// SPDX-License-Identifier: BSD-2-Clause
// Sends an alert to a customer's web service: looks the host up, refuses what is not on the Internet,
// connects to these addresses and to no others, and signs the request. Answers are not read beyond their
// status.
#ifndef NOTIFIER_OUTBOX_WEBHOOK_SENDER_H
#define NOTIFIER_OUTBOX_WEBHOOK_SENDER_H

#include "notifier/outcome/send_outcome.h"
#include "resolver/resolver.h"
#include "transfer/transfer.h"

// All is borrowed.
struct webhook_sender_spec {
    struct event_base *base;
    struct transfer_pool *transfers;
    struct resolver *resolver;
    const char *secret, *old_secret; // the service's key, and the one before; "": none
    const char *networks;            // that are let through although they are not on the Internet
};

struct webhook_message {
    const char *domain, *url;
    const char *id;   // the same at each attempt
    const char *body; // JSON
};

struct webhook_delivery;

// Registers the metrics.
void webhook_sender_register(void);

// `message` is copied. `on_sent` is called once, from the loop, and never after webhook_delivery_cancel. NULL
// if out of memory; then there is no callback.
struct webhook_delivery *webhook_delivery_start(const struct webhook_sender_spec *spec,
                                                const struct webhook_message *message,
                                                void (*on_sent)(const struct send_result *result, void *arg),
                                                void *arg);
void webhook_delivery_cancel(struct webhook_delivery *delivery);

#endif
