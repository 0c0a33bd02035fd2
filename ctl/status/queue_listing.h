// SPDX-License-Identifier: BSD-2-Clause
// Postfix's queue as postqueue -j prints it: one JSON object per message and line.
#ifndef CTL_STATUS_QUEUE_LISTING_H
#define CTL_STATUS_QUEUE_LISTING_H

#include "base/slice.h"

#include <stdint.h>

struct queue_summary {
    int64_t messages; // in all queues
    int64_t deferred; // of these, waiting for the next attempt
    int64_t held;     // and in the hold queue
    int64_t oldest;   // arrival, in seconds since 1970; 0: no message
};

// Adds the message of a line. Returns false, with the summary as it was, for a line that is none.
bool queue_listing_add(struct queue_summary *summary, struct slice line) __attribute__((warn_unused_result));

#endif
