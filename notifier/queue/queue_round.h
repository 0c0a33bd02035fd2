// SPDX-License-Identifier: BSD-2-Clause
// Hands the counts of this node's queued mail to the database, once per setting queue_interval. The database
// judges them with those of the other nodes. Also the domains whose mail left the queue (notifier/trend).
#ifndef NOTIFIER_QUEUE_QUEUE_ROUND_H
#define NOTIFIER_QUEUE_QUEUE_ROUND_H

#include "directory/directory.h"
#include "pg/pg.h"

struct queue_round;

// All is borrowed.
struct queue_round_spec {
    struct pg *pg;
    struct directory *directory; // for the setting
    const char *node;
    const char *socket; // of emailgency-queuewatch
    unsigned kept_days; // Postfix's maximal_queue_lifetime
};

// Returns NULL if out of memory.
struct queue_round *queue_round_create(struct event_base *base, const struct queue_round_spec *spec);
void queue_round_destroy(struct queue_round *round);

#endif
