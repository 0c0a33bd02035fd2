// SPDX-License-Identifier: BSD-2-Clause
// The secret of a second factor, encrypted for the database: AES-256-GCM with the login as additional data,
// so that a row's secret is of no use in another row. Pure.
#ifndef CONSOLEAUTH_FACTOR_SEALED_SECRET_H
#define CONSOLEAUTH_FACTOR_SEALED_SECRET_H

#include "base/slice.h"

enum {
    SEALED_SECRET_KEY = 32,
    SEALED_SECRET_NONCE = 12,
    SEALED_SECRET_PLAIN = 20, // as RFC 4226 section 4 recommends
    SEALED_SECRET_BYTES = SEALED_SECRET_NONCE + SEALED_SECRET_PLAIN + 16,
};

// The key that the line of a file stands for. Returns false if it has less than 32 characters.
bool sealed_secret_key(struct slice line, unsigned char out[SEALED_SECRET_KEY])
    __attribute__((warn_unused_result));

// `nonce` is random. The output is nonce, secret and tag.
void sealed_secret_close(const unsigned char key[SEALED_SECRET_KEY], struct slice login,
                         const unsigned char nonce[SEALED_SECRET_NONCE],
                         const unsigned char plain[SEALED_SECRET_PLAIN],
                         unsigned char out[SEALED_SECRET_BYTES]);

// Returns false, with zeros in `plain`, if key, login or bytes are others.
bool sealed_secret_open(const unsigned char key[SEALED_SECRET_KEY], struct slice login,
                        const unsigned char sealed[SEALED_SECRET_BYTES],
                        unsigned char plain[SEALED_SECRET_PLAIN]) __attribute__((warn_unused_result));

#endif
