// SPDX-License-Identifier: BSD-2-Clause
// Tokens and secrets of sessions, and the SHA-256 that the database has of them. Pure.
#ifndef CONSOLEAUTH_FACTOR_TOKEN_HASH_H
#define CONSOLEAUTH_FACTOR_TOKEN_HASH_H

#include "base/slice.h"

enum {
    TOKEN_BYTES = 32,   // random
    TOKEN_HEX_MAX = 65, // with the closing NUL
};

// Writes the SHA-256 of a text as hexadecimal digits.
void token_hash(struct slice text, char out[TOKEN_HEX_MAX]);

#endif
