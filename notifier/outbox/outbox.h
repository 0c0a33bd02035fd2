// SPDX-License-Identifier: BSD-2-Clause
// Sends the messages of table outbox that are due: leased to this node and committed, then sent, then marked.
// A message of a node that died is sent by another when its lease ends.
#ifndef NOTIFIER_OUTBOX_OUTBOX_H
#define NOTIFIER_OUTBOX_OUTBOX_H

#include "notifier/outbox/mail_sender.h"
#include "notifier/outbox/sms_sender.h"
#include "pg/pg.h"

struct outbox;

// All is borrowed.
struct outbox_spec {
    struct pg *pg;
    const char *node;
    const char *host; // for the Message-ID
    struct mail_sender_spec mail;
    struct sms_sender *sms; // without a route SMS wait for another node
    unsigned kept_days;     // Postfix's maximal_queue_lifetime
};

// Returns NULL if out of memory.
struct outbox *outbox_create(struct event_base *base, const struct outbox_spec *spec);
void outbox_destroy(struct outbox *outbox);

#endif
