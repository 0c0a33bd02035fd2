// SPDX-License-Identifier: BSD-2-Clause
// The ways out of alerts, as the options say.
#ifndef NOTIFIER_ALERT_ROUTES_H
#define NOTIFIER_ALERT_ROUTES_H

#include "base/problem.h"
#include "notifier/outbox/mail_sender.h"
#include "notifier/outbox/sms_sender.h"
#include "notifier/outbox/webhook_sender.h"

// Returns false if the options of a gateway do not fit together, or if out of memory; alert_routes_close is
// due in either case.
bool alert_routes_open(struct event_base *base, struct resolver *resolver, struct problem *problem);

// Call it after those that send have been destroyed.
void alert_routes_close(void);

// Valid until alert_routes_close.
struct mail_sender_spec alert_routes_mail(void);
struct sms_sender *alert_routes_sms(void);
const struct webhook_sender_spec *alert_routes_webhook(void); // NULL: none
struct transfer_pool *alert_routes_transfers(void);

#endif
