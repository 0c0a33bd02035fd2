// SPDX-License-Identifier: BSD-2-Clause
// The key of a webhook contact, as the notifier signs with it. Pure.
#ifndef CTL_CONTACT_CONTACT_KEY_H
#define CTL_CONTACT_CONTACT_KEY_H

#include <stdbool.h>

#define CONTACT_KEY_MAX 64
#define CONTACT_KEY_SECRET_MIN 32

// Writes the key of the contact `url` of `domain`, both as its row has them, that is made of the service's
// key. Returns false if that is shorter than CONTACT_KEY_SECRET_MIN characters.
bool contact_key_write(const char *secret, const char *domain, const char *url, char out[CONTACT_KEY_MAX])
    __attribute__((warn_unused_result));

#endif
