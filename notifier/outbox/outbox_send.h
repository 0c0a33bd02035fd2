// SPDX-License-Identifier: BSD-2-Clause
// One message of claim_outbox(), composed and handed to its way out.
#ifndef NOTIFIER_OUTBOX_OUTBOX_SEND_H
#define NOTIFIER_OUTBOX_OUTBOX_SEND_H

#include "notifier/outbox/mail_sender.h"
#include "notifier/outbox/sms_sender.h"
#include "notifier/outbox/webhook_sender.h"
#include "pg/pg.h"

// The columns of claim_outbox().
enum outbox_column {
    OUTBOX_ID,
    OUTBOX_CHANNEL,
    OUTBOX_ADDRESS,
    OUTBOX_DOMAIN,
    OUTBOX_KIND,
    OUTBOX_TRANSITION,
    OUTBOX_SUBJECT,
    OUTBOX_DETAIL,
    OUTBOX_OPENED,
    OUTBOX_CLOSED,
    OUTBOX_LANGUAGE,
    OUTBOX_ZONE,
    OUTBOX_WAITING,
    OUTBOX_OLDEST,
    OUTBOX_ATTEMPTS,
    OUTBOX_LAST,
    OUTBOX_CREATED_UTC,
    OUTBOX_OPENED_UTC,
    OUTBOX_CLOSED_UTC
};

// All is borrowed.
struct outbox_spec {
    struct pg *pg;
    const char *node;
    const char *host; // for the Message-ID
    struct mail_sender_spec mail;
    struct sms_sender *sms;                    // without a route SMS wait for another node
    const struct webhook_sender_spec *webhook; // NULL: webhooks wait for another node
    unsigned kept_days;                        // Postfix's maximal_queue_lifetime
};

// One of them is set while it is in flight.
struct outbox_send {
    struct mail_delivery *mail;
    struct sms_delivery *sms;
    struct webhook_delivery *webhook;
};

// `on_sent` is called once, from the loop, or before this returns: then `send` may be gone already. Never
// after outbox_send_cancel.
void outbox_send_start(struct outbox_send *send, struct event_base *base, const struct outbox_spec *spec,
                       const PGresult *result, int row,
                       void (*on_sent)(const struct send_result *result, void *arg), void *arg);
void outbox_send_cancel(struct outbox_send *send);

#endif
