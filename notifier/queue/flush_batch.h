// SPDX-License-Identifier: BSD-2-Clause
// The waiting messages of one domain, as far as a list of the queue watch has them: which to try next, and
// what became of those that were tried. Pure.
#ifndef NOTIFIER_QUEUE_FLUSH_BATCH_H
#define NOTIFIER_QUEUE_FLUSH_BATCH_H

#include "wire/queue_codec.h"

#define FLUSH_ID_MAX 40 // bytes of a queue id; longer than Postfix's longest

struct flush_batch {
    char ids[QUEUE_MESSAGES_MAX][FLUSH_ID_MAX];
    unsigned listed, next; // of ids
    int64_t newest;        // arrival of the newest message that was listed
    unsigned tried, delivered, waiting;
};

// Reads the next list, after all of the last one were tried; a zeroed batch is the start. Those that are no
// longer in it were delivered (or have bounced). Then `listed` is the number of messages to try next: none
// when fewer than half of a list could be delivered, since the server takes few, and when the list says that
// no more wait. Messages on hold are left out. `waiting` is how many of the list wait. Returns NULL, or why
// the list cannot be used; then `waiting` is as before.
const char *flush_batch_read(struct flush_batch *batch, struct slice lines)
    __attribute__((warn_unused_result));

// Returns the id of the message to try, and counts it; NULL if all were tried.
const char *flush_batch_next(struct flush_batch *batch) __attribute__((warn_unused_result));

#endif
