// SPDX-License-Identifier: BSD-2-Clause
// Keys of forms: a form that was not made for a session of this service cannot be posted in its name. The key
// of a session is always the same, so that several tabs work; it is masked differently in each page, so that
// compressed pages do not give it away (the BREACH attack). Pure.
#ifndef WEB_WEB_KEY_H
#define WEB_WEB_KEY_H

#include "base/slice.h"

enum { WEB_KEY_SIZE = 32, WEB_KEY_TEXT_MAX = 4 * WEB_KEY_SIZE + 1, WEB_KEY_SECRET_MIN = 32 };

// Writes the key of a session as hexadecimal digits: `mask`, 32 random bytes that are used once, and
// HMAC-SHA-256 (RFC 2104) under `secret` of the session's secret, XORed with the mask.
void web_key_make(const char *secret, struct slice session, const unsigned char mask[WEB_KEY_SIZE],
                  char out[WEB_KEY_TEXT_MAX]);

// Returns whether `text` is a key of that session; takes the same time for each wrong one.
bool web_key_check(const char *secret, struct slice session, struct slice text)
    __attribute__((warn_unused_result));

#endif
