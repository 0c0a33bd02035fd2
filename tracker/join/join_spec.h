// SPDX-License-Identifier: BSD-2-Clause
// The bounds of a join, and what it has to know of Postfix.
#ifndef TRACKER_JOIN_JOIN_SPEC_H
#define TRACKER_JOIN_JOIN_SPEC_H

#include <stddef.h>
#include <stdint.h>

struct join_spec {
    size_t messages_max; // the oldest is given up beyond; its later lines find it in the database
    size_t sessions_max;
    int64_t window;                   // bytes; a session that began longer ago is given up
    int64_t backoff_min, backoff_max; // seconds: Postfix's minimal_backoff_time, maximal_backoff_time
};

#endif
