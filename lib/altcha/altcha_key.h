// SPDX-License-Identifier: BSD-2-Clause
// Signatures of challenges and tickets: HMAC-SHA-256 (RFC 2104), in lower-case hexadecimal. Pure.
#ifndef ALTCHA_ALTCHA_KEY_H
#define ALTCHA_ALTCHA_KEY_H

#include "base/slice.h"

enum {
    ALTCHA_KEY_MIN = 32,   // characters of a key
    ALTCHA_NONCE_LEN = 32, // hexadecimal digits
    ALTCHA_SIGNATURE_LEN = 64,
};

// The keys of all nodes: what is made is signed with the current one, and what the previous one signed is
// valid as well, so that keys can be changed while forms are open.
struct altcha_keys {
    const char *current, *previous; // NULL or shorter than ALTCHA_KEY_MIN: none
};

// The result of reading a challenge or ticket that came back.
enum altcha_rc {
    ALTCHA_RIGHT,
    ALTCHA_MALFORMED,
    ALTCHA_FORGED, // not signed by these keys, or for another form or network
    ALTCHA_EXPIRED,
    ALTCHA_EARLY, // a ticket whose time has not come
};

// Identifies a challenge or ticket, which must be used once only: keep it until then.
struct altcha_use {
    char nonce[ALTCHA_NONCE_LEN + 1];
    long long expires_at; // seconds since 1970
};

// Returns false if there is no current key.
bool altcha_key_sign(const struct altcha_keys *keys, struct slice content,
                     char signature[ALTCHA_SIGNATURE_LEN + 1]) __attribute__((warn_unused_result));

// Returns whether one of the keys signed the content; takes the same time for each wrong signature.
bool altcha_key_verify(const struct altcha_keys *keys, struct slice content, struct slice signature)
    __attribute__((warn_unused_result));

#endif
