// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/contact/contact_key.h"

#include "notifier/webhook/webhook_sign.h"

#include <string.h>

_Static_assert(CONTACT_KEY_MAX >= WEBHOOK_KEY_MAX, "a key has room");
_Static_assert(CONTACT_KEY_SECRET_MIN == WEBHOOK_SECRET_MIN, "the notifier's bound");

bool contact_key_write(const char *secret, const char *domain, const char *url, char out[CONTACT_KEY_MAX])
{
    if (strlen(secret) < WEBHOOK_SECRET_MIN)
        return false;
    webhook_key_write(secret, &(struct webhook_contact){.domain = domain, .url = url}, out);
    return true;
}
