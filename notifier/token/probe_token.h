// SPDX-License-Identifier: BSD-2-Clause
// The token of a probe mail: which one it is, signed, so that nobody else can answer for it. Pure.
//
// 29 bytes in base32 (RFC 4648 section 6) without padding, in lower case, since hosts on the way may change
// the case of a local part: 47 characters, which leave room in a local part of 64 (RFC 5321 section
// 4.5.3.1.1).
//   1   version in the upper four bits, place in the lower
//   4   number of the domain
//   4   number of the probe among those of the domain
//   4   seconds since 1970
//   16  the first bytes of HMAC-SHA256 over the others
// Integers are big-endian. The place tells a copy of the message from an answer to it: an automatic reply
// goes to the envelope sender, whose token is valid elsewhere only.
#ifndef NOTIFIER_TOKEN_PROBE_TOKEN_H
#define NOTIFIER_TOKEN_PROBE_TOKEN_H

#include "base/problem.h"
#include "base/slice.h"

#include <stdint.h>

#define PROBE_TOKEN_LEN 47
#define PROBE_TOKEN_AGE_MAX 86400 // seconds
#define PROBE_TOKEN_AHEAD_MAX 300 // seconds that another node's clock may be ahead
#define PROBE_TOKEN_KEY_MIN 32    // characters of a key
#define PROBE_TOKEN_KEY_MAX 1024

enum probe_token_place {
    PROBE_TOKEN_SENDER = 1,    // the envelope sender of the probe
    PROBE_TOKEN_RECIPIENT = 2, // the extension of its recipient
    PROBE_TOKEN_MESSAGE = 3,   // Message-ID and X-Emailgency-Round-Trip
};

struct probe_token {
    enum probe_token_place place;
    uint32_t domain;
    uint32_t sequence;
    uint32_t sent; // seconds since 1970
};

// Returns whether a key is long enough, or "", which is none; if not, `problem` says how to make one.
bool probe_token_check_key(const char *key, struct problem *problem) __attribute__((warn_unused_result));

// Borrowed. Text of at least PROBE_TOKEN_KEY_MIN characters; the previous one verifies only, and may be "".
struct probe_token_keys {
    const char *current, *previous;
};

// Writes the token, signed with the current key, and NUL. Returns false if OpenSSL is out of memory.
bool probe_token_write(const struct probe_token_keys *keys, const struct probe_token *token,
                       char out[PROBE_TOKEN_LEN + 1]) __attribute__((warn_unused_result));

enum probe_token_rc {
    PROBE_TOKEN_VALID,
    PROBE_TOKEN_NONE,      // not of this shape, or of another version
    PROBE_TOKEN_FORGED,    // signed with neither key
    PROBE_TOKEN_EXPIRED,   // older than PROBE_TOKEN_AGE_MAX, or from the future
    PROBE_TOKEN_UNCHECKED, // OpenSSL failed
};

// Reads a token in either case. Signatures are compared in constant time. `out` is written with
// PROBE_TOKEN_VALID and PROBE_TOKEN_EXPIRED.
enum probe_token_rc probe_token_read(const struct probe_token_keys *keys, struct slice text, int64_t now,
                                     struct probe_token *out) __attribute__((warn_unused_result));

// The first run of PROBE_TOKEN_LEN base32 digits, neither more nor less, within any text: an address, a
// Message-ID, an address that a forwarder has rewritten (SRS). Empty if there is none.
struct slice probe_token_find(struct slice text);

#endif
