// SPDX-License-Identifier: BSD-2-Clause
// The key of option totp_key_file, by which the secrets of second factors are encrypted.
#ifndef CONSOLEAUTH_TOTP_KEY_H
#define CONSOLEAUTH_TOTP_KEY_H

#include "base/problem.h"
#include "consoleauth/factor/sealed_secret.h"

void totp_key_register(void);

// Takes the file's first line; an empty one is no key. Returns false with a human-readable message in
// `problem`.
bool totp_key_set(const char *line, struct problem *problem) __attribute__((warn_unused_result));

void totp_key_forget(void);

// Makes a secret and encrypts it for a login. Returns false without a key, or without random bytes.
bool totp_key_make(struct slice login, unsigned char plain[SEALED_SECRET_PLAIN],
                   unsigned char sealed[SEALED_SECRET_BYTES]) __attribute__((warn_unused_result));

// Decrypts a secret of a login. A failure is reported: the key is another one.
bool totp_key_open(struct slice login, const unsigned char sealed[SEALED_SECRET_BYTES],
                   unsigned char plain[SEALED_SECRET_PLAIN]) __attribute__((warn_unused_result));

#endif
