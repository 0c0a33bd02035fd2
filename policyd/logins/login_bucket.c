// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/logins/login_bucket.h"

#include <stddef.h>

double login_bucket_level(const struct login_bucket *bucket, unsigned max, int64_t window, int64_t now)
{
    if (!bucket)
        return 0;
    const double level = bucket->level - (double)(now - bucket->at) * max / (double)window;
    return level > 0 ? level : 0;
}

void login_bucket_add(struct login_bucket *bucket, double amount, unsigned max, int64_t window, int64_t now)
{
    const double level = login_bucket_level(bucket, max, window, now);
    if (level * 2 <= max)
        bucket->noted = false;
    bucket->level = level + amount > 0 ? level + amount : 0;
    bucket->at = now;
}

bool login_bucket_note(struct login_bucket *bucket)
{
    const bool first = !bucket->noted;
    bucket->noted = true;
    return first;
}
