// SPDX-License-Identifier: BSD-2-Clause
// Mail of logins that may not send: looked for in the rows of the trackers, and held, released or deleted in
// this node's queue, one message after the other.
#ifndef NOTIFIER_HOLD_HOLD_ROUND_H
#define NOTIFIER_HOLD_HOLD_ROUND_H

#include "pg/pg.h"

struct hold_round;

// All is borrowed; `pg` is to be destroyed before the round.
struct hold_round_spec {
    struct pg *pg;
    const char *node;
    const char *socket; // of emailgency-queuehold; empty: nothing is held here
};

// Returns NULL only if out of memory.
struct hold_round *hold_round_create(struct event_base *base, const struct hold_round_spec *spec);
void hold_round_destroy(struct hold_round *round);

#endif
