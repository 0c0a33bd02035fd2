// SPDX-License-Identifier: BSD-2-Clause
// A count of failures that falls with time: from its bound to nothing within a window.
#ifndef POLICYD_LOGINS_LOGIN_BUCKET_H
#define POLICYD_LOGINS_LOGIN_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct login_bucket {
    double level;
    int64_t at; // when the level was that, in seconds
    bool noted; // it reached its bound, and has not fallen to half of it since
};

// The level at `now` of a bucket that falls by `max` within `window` seconds. NULL is an empty one.
double login_bucket_level(const struct login_bucket *bucket, unsigned max, int64_t window, int64_t now);

// Adds `amount`, which may be negative.
void login_bucket_add(struct login_bucket *bucket, double amount, unsigned max, int64_t window, int64_t now);

// Returns whether this is the first refusal since the level was at most half of `max`.
bool login_bucket_note(struct login_bucket *bucket);

#endif
