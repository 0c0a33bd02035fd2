// SPDX-License-Identifier: BSD-2-Clause
// Links by which a contact ends its reports without logging in: the program that answers them is another than
// that which writes them, and both have the key. A link names domain and address, and their signature shows
// that it comes from here. It does not expire: a reader may unsubscribe by an old report. Pure.
#ifndef UNSUBSCRIBE_UNSUBSCRIBE_H
#define UNSUBSCRIBE_UNSUBSCRIBE_H

#include "base/problem.h"

#include <stdbool.h>

#define UNSUBSCRIBE_SIGNATURE_MAX 44 // with the closing NUL
#define UNSUBSCRIBE_URL_MAX 2048

enum { UNSUBSCRIBE_KEY_MIN = 32 }; // characters of a key

// Check of the option that names the place of the links: an https URL without "?" or "#", of at most 250
// characters, so that the header line of any contact has at most 998 (RFC 5322 section 2.1.1); "" is none.
bool unsubscribe_check_base(const char *value, struct problem *problem);

// Writes the signature: HMAC-SHA-256 (RFC 2104) under `key` of "unsubscribe-report", domain and address, with
// NUL between them, as base64url without padding (RFC 4648 section 5).
void unsubscribe_sign(const char *key, const char *domain, const char *address,
                      char signature[UNSUBSCRIBE_SIGNATURE_MAX]);

// Returns whether `signature` is that of domain and address; takes the same time for each wrong one. It must
// be checked before emailgency.unsubscribe_report(domain, address) is called, and only on POST (RFC 8058
// section 3.2): mail scanners fetch links.
bool unsubscribe_verify(const char *key, const char *domain, const char *address, const char *signature)
    __attribute__((warn_unused_result));

// Writes "BASE?domain=DOMAIN&address=ADDRESS&signature=SIGNATURE", with percent-encoding (RFC 3986 section
// 2.1). Returns false if it does not fit.
bool unsubscribe_url(const char *base, const char *key, const char *domain, const char *address,
                     char url[UNSUBSCRIBE_URL_MAX]) __attribute__((warn_unused_result));

#endif
