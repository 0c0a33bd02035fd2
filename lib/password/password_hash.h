// SPDX-License-Identifier: BSD-2-Clause
// The hash of a password, as Dovecot and column mailbox.password take it: yescrypt by libxcrypt.
#ifndef PASSWORD_PASSWORD_HASH_H
#define PASSWORD_PASSWORD_HASH_H

#include "base/slice.h"

#include <stdbool.h>

enum {
    PASSWORD_HASH_SALT = 16, // random bytes
    PASSWORD_HASH_MAX = 200, // with the scheme and the closing NUL
};

// Writes "{CRYPT}$y$…" with a salt of these random bytes. Returns false, with an empty `out`, if out of
// memory, if the password has a NUL, or more octets than PASSWORD_MAX.
bool password_hash_make(struct slice password, const unsigned char salt[PASSWORD_HASH_SALT],
                        char out[PASSWORD_HASH_MAX]) __attribute__((warn_unused_result));

// Returns whether the hash is that of the password.
bool password_hash_verify(const char *hash, struct slice password) __attribute__((warn_unused_result));

#endif
