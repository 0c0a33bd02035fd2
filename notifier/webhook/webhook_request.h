// SPDX-License-Identifier: BSD-2-Clause
// The body of a webhook, and the meaning of its answer. Pure.
#ifndef NOTIFIER_WEBHOOK_WEBHOOK_REQUEST_H
#define NOTIFIER_WEBHOOK_WEBHOOK_REQUEST_H

#include "notifier/outcome/send_outcome.h"

// Strings are UTF-8 and never NULL.
struct webhook_event {
    const char *transition; // "opened", "closed", "test"
    const char *created;    // RFC 3339, as the next two; "": none
    const char *opened, *closed;
    const char *domain;
    const char *kind; // of the incident; "": none
    const char *subject, *detail;
    unsigned long waiting;    // messages
    const char *title, *text; // in the language of the domain
};

// Returns the body as JSON (RFC 8259), which is the caller's to free(3), or NULL if out of memory. Text that
// is no UTF-8 is left out.
char *webhook_body_write(const struct webhook_event *event);

// The receiver drops repetitions by header "webhook-id", so what nobody knows is sent again. 4xx is a
// refusal, and 3xx, since redirects are not followed; 408, 425, 429 and 5xx pass.
enum send_outcome webhook_outcome(unsigned status);

#endif
