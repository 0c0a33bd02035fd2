// SPDX-License-Identifier: BSD-2-Clause
// Challenges of ALTCHA, version 2 (https://altcha.org, npm altcha-lib 2.8.0 v2/pow.js): the browser looks for
// a counter whose PBKDF2-HMAC-SHA-256 key of nonce and counter begins with a zero byte, 256 tries on average.
// A challenge is bound to a form and a time, and signed, so that nothing is kept of it until it comes back.
// Pure: time and random bytes are given.
#ifndef ALTCHA_ALTCHA_H
#define ALTCHA_ALTCHA_H

#include "altcha/altcha_key.h"

enum {
    ALTCHA_RANDOM_SIZE = 32, // bytes: nonce and salt
    ALTCHA_COST_MAX = 200 * 1000,
    ALTCHA_FORM_MAX = 32,       // characters
    ALTCHA_CHALLENGE_MAX = 640, // with the closing NUL
    ALTCHA_PAYLOAD_MAX = 4096,
};

struct altcha_spec {
    const char *form; // "login": letters, digits, "_" and "-", at most ALTCHA_FORM_MAX
    unsigned cost;    // iterations of PBKDF2 for a try, up to ALTCHA_COST_MAX
    long long expires_at;
};

// A solution that came back.
struct altcha_solution {
    struct altcha_use use;
    unsigned char password[20]; // nonce, and counter with its high byte first
    unsigned char salt[16];
    unsigned char key[32];
    unsigned cost;
};

// Writes the JSON that the widget fetches: {"parameters": …, "signature": …}. Returns false if there is no
// current key or the spec is none.
bool altcha_make(const struct altcha_keys *keys, const struct altcha_spec *spec,
                 const unsigned char random[ALTCHA_RANDOM_SIZE], char out[ALTCHA_CHALLENGE_MAX])
    __attribute__((warn_unused_result));

// Reads what the widget puts into the form, base64 of {"challenge": …, "solution": …}: whether the challenge
// was made here for this form, and has not expired. That is cheap, and comes before all else; then the use is
// to be recorded, and then altcha_is_solved called, which costs what a try costs.
enum altcha_rc altcha_read(const struct altcha_keys *keys, const char *form, long long now,
                           struct slice payload, struct altcha_solution *solution)
    __attribute__((warn_unused_result));

// Derives the key, and returns whether it is the right one: some milliseconds per 5,000 of cost.
bool altcha_is_solved(const struct altcha_solution *solution) __attribute__((warn_unused_result));

#endif
