// SPDX-License-Identifier: BSD-2-Clause
// Reports to the database twice a minute that this node lives, and the age of its replica. The database
// judges this node and those that do not report, and removes what has expired.
#ifndef NOTIFIER_NODE_ROUND_H
#define NOTIFIER_NODE_ROUND_H

#include "directory/directory.h"
#include "pg/pg.h"

struct node_round;

// All is borrowed.
struct node_round_spec {
    struct pg *pg;
    struct directory *directory;
    const char *node;
};

// Returns NULL if out of memory.
struct node_round *node_round_create(struct event_base *base, const struct node_round_spec *spec);
void node_round_destroy(struct node_round *round);

#endif
