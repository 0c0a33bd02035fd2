// SPDX-License-Identifier: BSD-2-Clause
// The state of the queue as it is known, brought up to date once per cycle, and envelopes that are read in
// between. Used by one thread, which it may block as long as the queue's file system does.
#ifndef QUEUEWATCH_CYCLE_H
#define QUEUEWATCH_CYCLE_H

#include "queuewatch/queue/postfix_master.h"
#include "queuewatch/tally/tally.h"

#include <stdatomic.h>

struct cycle;

struct cycle_spec {
    const char *queue_directory; // Postfix's; must outlive the cycle, as the next one
    const char *postfix_config;  // "": Postfix's default
    size_t messages_max;
    const atomic_bool *stop; // once it is set every call returns soon
};

struct cycle_result {
    bool complete;
    enum postfix_master postfix;
    int64_t took_us;
    struct tally tally;
};

// Out of memory ends the process, here and below.
struct cycle *cycle_create(const struct cycle_spec *spec);
void cycle_destroy(struct cycle *cycle);

// Takes ownership of the list, which is in force from now on.
void cycle_set_list(struct cycle *cycle, struct watch_list *list);
// NULL before the first one.
const struct watch_list *cycle_list(const struct cycle *cycle);

// Looks at the queue and counts. Needs a list. Returns false if it was stopped.
bool cycle_run(struct cycle *cycle, struct cycle_result *out) __attribute__((warn_unused_result));

// Counts what is known, without a look at the queue.
void cycle_recount(struct cycle *cycle, struct tally *out);

// Reads at most `max` envelopes: of messages whose targets are unknown, then of those that the walk has not
// seen. Returns how many it read; 0: there is nothing to read until the next cycle.
size_t cycle_read(struct cycle *cycle, size_t max);

// Begins a walk over the envelopes of all messages, which cycle_read makes.
void cycle_begin_walk(struct cycle *cycle);

// The oldest messages of a domain by one of its names; at most `max`. Returns how many.
size_t cycle_oldest(struct cycle *cycle, struct slice domain, size_t max, struct message *out);

void cycle_register(void);

#endif
