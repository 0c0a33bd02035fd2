// SPDX-License-Identifier: BSD-2-Clause
// Percent-encoded text, decoded. Pure.
#ifndef WEB_WEB_DECODE_H
#define WEB_WEB_DECODE_H

#include "base/slice.h"

enum web_encoding {
    WEB_ENCODED_PATH, // RFC 3986 section 2.1
    WEB_ENCODED_FORM  // application/x-www-form-urlencoded: "+" is a blank, too
};

// Decodes `in` into `out`, which has room for in.len bytes and may be the memory of `in`; `decoded` is a part
// of it. Returns false for a "%" without two hexadecimal digits, and for what is no UTF-8 text or holds NUL,
// which PostgreSQL does not take.
bool web_decode(struct slice in, enum web_encoding encoding, char *out, struct slice *decoded)
    __attribute__((warn_unused_result));

// Returns whether it is UTF-8 (RFC 3629) without NUL.
bool web_is_text(struct slice in);

#endif
