// SPDX-License-Identifier: BSD-2-Clause
// A probe mail, ready for sendmail(1). Pure.
#ifndef NOTIFIER_ROUNDTRIP_ROUND_TRIP_MAIL_H
#define NOTIFIER_ROUNDTRIP_ROUND_TRIP_MAIL_H

#include "base/address.h"
#include "notifier/outbox/mail_message.h"
#include "notifier/token/probe_token.h"

struct round_trip_mail {
    char sender[ADDRESS_MAX + 1];     // of the envelope
    char recipient[ADDRESS_MAX + 32]; // of the envelope, as a probe leaves (directory/round_trip_address.h)
    char message[MAIL_MESSAGE_MAX];
    size_t len;
};

// A probe of a domain: `home` is the round-trip address, `target` the domain's probe_address, in which
// "{token}" stands for a token. `probe` has all but the place. Returns false with an empty message if an
// address is none, if the whole is too long, or if OpenSSL is out of memory.
bool round_trip_mail_write(const struct probe_token_keys *keys, struct slice home, struct slice target,
                           const struct probe_token *probe, struct round_trip_mail *out)
    __attribute__((warn_unused_result));

#endif
