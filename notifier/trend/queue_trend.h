// SPDX-License-Identifier: BSD-2-Clause
// The difference of two counts of the queue: the domains whose mail left it. Pure.
//
// Postfix removes a message when it was delivered, refused for good, or when it expired. The counts have no
// numbers of messages that left, since others arrive meanwhile; but the oldest message of a domain only
// changes when it leaves. So the oldest message that has gone, unless it had expired, shows that the domain's
// server answered. What an operator deletes or requeues (postsuper(1)) looks the same, once.
#ifndef NOTIFIER_TREND_QUEUE_TREND_H
#define NOTIFIER_TREND_QUEUE_TREND_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

#define QUEUE_TREND_UNKNOWN 0 // no arrival is known

// Returns whether mail left: the oldest message arrived at `before` (seconds since 1970), that of the next
// count at `after`, or there is none then (`emptied`). `lifetime` is Postfix's maximal_queue_lifetime in
// seconds; a message that is within a day of it may have expired.
bool queue_trend_left(int64_t before, int64_t after, bool emptied, int64_t now, int64_t lifetime);

struct queue_trend;

// Returns NULL if out of memory.
struct queue_trend *queue_trend_create(void);
void queue_trend_destroy(struct queue_trend *trend);

// A count: its domains with their oldest message, then its end. `complete`: all messages of the queue were
// read and their domains known; else messages are missing that had not left. The first complete count after
// another one only is compared with none. If out of memory the count is taken as incomplete.
void queue_trend_add(struct queue_trend *trend, struct slice domain, int64_t oldest);
void queue_trend_end(struct queue_trend *trend, bool complete, int64_t now, int64_t lifetime,
                     void (*on_left)(struct slice domain, void *arg), void *arg);

#endif
