// SPDX-License-Identifier: BSD-2-Clause
// Threads that compute hashes of passwords (password/password_hash.h), which take tens of milliseconds and 8
// MB each. All calls are for the thread of the loop.
#ifndef CONSOLEAUTH_HASH_HASH_POOL_H
#define CONSOLEAUTH_HASH_HASH_POOL_H

#include "altcha/altcha.h"
#include "base/slice.h"
#include "password/password_hash.h"

#include <event2/event.h>

struct hash_pool;

struct hash_result {
    bool good;                    // the password or the CAPTCHA is right, or the hash was made
    char hash[PASSWORD_HASH_MAX]; // that was made
};

struct hash_work {
    const char *hash;                       // that the password is checked against; NULL: one is made. Copied
    struct slice password;                  // copied
    const struct altcha_solution *solution; // a CAPTCHA that is checked instead; copied. NULL: none
    // Called once, from the loop, and never after hash_pool_destroy().
    void (*on_done)(const struct hash_result *result, void *arg);
    void *arg;
};

// Starts so many threads; at most `waiting_max` pieces of work wait for one. Returns NULL if out of memory or
// threads.
struct hash_pool *hash_pool_create(struct event_base *base, unsigned threads, unsigned waiting_max);

// Returns false, without a call, if too much work waits, or if out of memory.
bool hash_pool_submit(struct hash_pool *pool, const struct hash_work *work)
    __attribute__((warn_unused_result));

// Waits for the hashes that are being computed, and drops the rest. NULL is allowed.
void hash_pool_destroy(struct hash_pool *pool);

#endif
