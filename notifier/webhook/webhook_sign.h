// SPDX-License-Identifier: BSD-2-Clause
// Signatures of webhooks as the specification "Standard Webhooks" has them, for which receivers find
// libraries in most languages: HMAC-SHA256 over "id.timestamp.body" by a key of the contact. The contact's
// key is made of the service's, the domain and the URL, so that no row holds it and no customer has
// another's. Pure.
#ifndef NOTIFIER_WEBHOOK_WEBHOOK_SIGN_H
#define NOTIFIER_WEBHOOK_WEBHOOK_SIGN_H

#include "base/slice.h"

#include <stdint.h>

#define WEBHOOK_SECRET_MIN 32      // bytes of the service's key
#define WEBHOOK_KEY_MAX 64         // "whsec_" and 44 characters
#define WEBHOOK_SIGNATURES_MAX 128 // two of "v1," and 44 characters

struct webhook_contact {
    const char *domain, *url;
};

// The contact's key as its receiver configures it, "whsec_" and base64.
void webhook_key_write(const char *secret, const struct webhook_contact *contact, char out[WEBHOOK_KEY_MAX]);

// The value of header "webhook-signature": one signature, and after a blank one more by `old_secret` unless
// that is empty, for the time in which receivers change their keys.
void webhook_signatures_write(const char *secret, const char *old_secret,
                              const struct webhook_contact *contact, const char *id, int64_t time,
                              struct slice body, char out[WEBHOOK_SIGNATURES_MAX]);

#endif
