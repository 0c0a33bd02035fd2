// SPDX-License-Identifier: BSD-2-Clause
// Hands a message to the local Postfix by sendmail(1): once it has taken it, it is on disk there, and is
// delivered. If it takes none, the message goes to the second smarthost.
#ifndef NOTIFIER_OUTBOX_MAIL_SENDER_H
#define NOTIFIER_OUTBOX_MAIL_SENDER_H

#include "base/slice.h"
#include "notifier/outcome/send_outcome.h"
#include "transfer/transfer.h"

#include <event2/event.h>

struct mail_sender_spec {
    const char *sendmail; // the program's path; it finds its instance by MAIL_CONFIG (postfix(1))
    const char *sender;   // of the envelope
    struct transfer_pool *transfers;
    const char *smarthost;       // an URL; "": none
    const char *user, *password; // for it; "": none
};

struct mail_delivery;

// `on_sent` is called once, from the loop, and never after mail_delivery_cancel. `message` is copied. NULL,
// with errno, if neither can be started; then there is no callback.
struct mail_delivery *mail_delivery_start(struct event_base *base, const struct mail_sender_spec *spec,
                                          const char *recipient, struct slice message,
                                          void (*on_sent)(const struct send_result *result, void *arg),
                                          void *arg);
void mail_delivery_cancel(struct mail_delivery *delivery);

#endif
