// SPDX-License-Identifier: BSD-2-Clause
// Watches that the database answers and can be written to.
#ifndef NOTIFIER_AWAY_DATABASE_WATCH_H
#define NOTIFIER_AWAY_DATABASE_WATCH_H

#include "pg/pg.h"

struct database_watch;

enum database_state {
    DATABASE_UNKNOWN, // no answer yet, and it is too early to say
    DATABASE_PRESENT,
    DATABASE_AWAY
};

struct database_watch_spec {
    struct pg *pg;
    int64_t timeout_ms; // of a statement
    // Called once a second, from the loop: the state, the last answer (seconds since 1970; at first the
    // start), and how long ago that is.
    void (*on_turn)(enum database_state state, int64_t answered_at, int64_t silent_ms, void *arg);
    void *arg;
};

// All is borrowed. Returns NULL if out of memory.
struct database_watch *database_watch_create(struct event_base *base, const struct database_watch_spec *spec);
// The database must have been destroyed before. NULL is allowed.
void database_watch_destroy(struct database_watch *watch);

#endif
