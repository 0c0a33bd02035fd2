// SPDX-License-Identifier: BSD-2-Clause
// Signatures of Apple's configuration profiles (CMS SignedData, RFC 5652), by OpenSSL. The key is one of its
// own: this process reads what unknown clients send, and does not get nginx's.
#ifndef CONSOLE_MUA_SIGN_H
#define CONSOLE_MUA_SIGN_H

#include "base/problem.h"
#include "base/slice.h"

// Reads a certificate with its chain, and its key, from PEM files; with both names "" nothing is signed. The
// key's file must be private (secret_is_private). Returns false with a problem, and what was read before
// stays.
bool mua_sign_open(const char *certificate, const char *key, struct problem *problem)
    __attribute__((warn_unused_result));

bool mua_sign_is_open(void);

// Signs a text: DER, within which it is. The caller frees it by OPENSSL_free(). Returns NULL if it fails.
unsigned char *mua_sign_make(struct slice text, size_t *len);

void mua_sign_close(void);

#endif
