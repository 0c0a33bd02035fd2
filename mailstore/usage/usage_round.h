// SPDX-License-Identifier: BSD-2-Clause
// Hands the notes of usage that Dovecot writes on this node to the database, many in a statement. While it is
// away they wait, one per user, and no delivery does.
#ifndef MAILSTORE_USAGE_USAGE_ROUND_H
#define MAILSTORE_USAGE_USAGE_ROUND_H

#include "pg/pg.h"

struct usage_round;

// All is borrowed. Returns NULL if out of memory.
struct usage_round *usage_round_create(struct event_base *base, struct pg *pg, const char *folder);
// After pg_destroy. NULL is allowed.
void usage_round_destroy(struct usage_round *round);

#endif
