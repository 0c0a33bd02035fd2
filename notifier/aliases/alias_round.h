// SPDX-License-Identifier: BSD-2-Clause
// Alias domains that customers claim: looks up the TXT records of those that are due, a few at a time, and
// records what it found. The database makes a proved name an alias domain.
#ifndef NOTIFIER_ALIASES_ALIAS_ROUND_H
#define NOTIFIER_ALIASES_ALIAS_ROUND_H

#include "pg/pg.h"
#include "resolver/resolver.h"

struct alias_round;

// All is borrowed; `pg` is to be destroyed before the round, and `resolver` after it.
struct alias_round_spec {
    struct pg *pg;
    struct resolver *resolver;
    const char *node;
};

// Returns NULL if out of memory.
struct alias_round *alias_round_create(struct event_base *base, const struct alias_round_spec *spec);

// NULL is allowed.
void alias_round_destroy(struct alias_round *round);

#endif
