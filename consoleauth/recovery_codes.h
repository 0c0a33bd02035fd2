// SPDX-License-Identifier: BSD-2-Clause
// Recovery codes, each of which takes the place of a second factor once.
#ifndef CONSOLEAUTH_RECOVERY_CODES_H
#define CONSOLEAUTH_RECOVERY_CODES_H

#include "consoleauth/factor/one_time_code.h"
#include "consoleauth/factor/token_hash.h"

enum { RECOVERY_CODES = 10, RECOVERY_HASHES_MAX = RECOVERY_CODES * TOKEN_HEX_MAX + 1 };

// Zeroed, it has none.
struct recovery_codes {
    char text[RECOVERY_CODES][ONE_TIME_CODE_MAX];
};

// Makes new ones. Returns false without random bytes.
bool recovery_codes_make(struct recovery_codes *out) __attribute__((warn_unused_result));

// Writes their SHA-256 as hexadecimal digits, with blanks between them; nothing if there are none.
void recovery_codes_hash(const struct recovery_codes *codes, char out[RECOVERY_HASHES_MAX]);

// Pointers to them, then NULL.
void recovery_codes_list(const struct recovery_codes *codes, const char *out[RECOVERY_CODES + 1]);

#endif
