// SPDX-License-Identifier: BSD-2-Clause
// Codes of an authenticator app: TOTP (RFC 6238), SHA-1, six digits, 30 seconds, by liboath. Pure.
#ifndef CONSOLEAUTH_FACTOR_TOTP_CODE_H
#define CONSOLEAUTH_FACTOR_TOTP_CODE_H

#include "base/slice.h"
#include "consoleauth/factor/sealed_secret.h"

#include <stdint.h>

#define TOTP_URI_MAX 1600

// Returns whether the text is a code as a person types it: six digits, blanks among them.
bool totp_code_read(struct slice typed, char out[7]) __attribute__((warn_unused_result));

// Returns whether the code is that of `now` (seconds since 1970), or of one step before or after it (RFC 6238
// section 5.2), and its counter is above `last`; then `*counter` is its counter.
bool totp_code_check(const unsigned char secret[SEALED_SECRET_PLAIN], const char code[7], int64_t now,
                     int64_t last, int64_t *counter) __attribute__((warn_unused_result));

// Writes "otpauth://totp/…", which apps read from a QR code. Returns false if it is too long.
bool totp_code_uri(const unsigned char secret[SEALED_SECRET_PLAIN], struct slice issuer, struct slice login,
                   char out[TOTP_URI_MAX]) __attribute__((warn_unused_result));

#endif
