// SPDX-License-Identifier: BSD-2-Clause
// Counts of the messages in the queue, by queue and by target.
#ifndef QUEUEWATCH_TALLY_TALLY_H
#define QUEUEWATCH_TALLY_TALLY_H

#include "queuewatch/tally/message_table.h"
#include "queuewatch/tally/watch_list.h"
#include "wire/queue_codec.h"

#define TALLY_TOP 10 // targets with the most late messages

struct tally_count {
    uint32_t messages, late;
    uint32_t oldest; // arrival; QUEUE_NEVER: none is known
};

struct tally {
    struct tally_count queues[QUEUE_NAMES]; // `late` is not counted
    uint64_t unknown;                       // messages whose targets are not known
    uint64_t late;
    uint32_t late_targets;  // with a late message
    uint32_t alert_targets; // with as many as make an alert
    uint32_t top[TALLY_TOP];
    unsigned top_count;
    struct tally_count *targets; // as many as the list has; free with free(3)
};

// Counts all messages, those that arrived before `now` less their target's limit as late. Out of memory ends
// the process.
void tally_count(struct tally *out, struct message_table *table, const struct watch_list *list, int64_t now);

#endif
