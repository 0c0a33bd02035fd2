// SPDX-License-Identifier: BSD-2-Clause
// Greylisting: keys that passed recently are cached; all others are looked up in PostgreSQL, which all nodes
// share, in one round trip per loop turn. No request waits for a database that is unavailable.
#ifndef POLICYD_GREYLIST_GREYLIST_H
#define POLICYD_GREYLIST_GREYLIST_H

#include "directory/directory.h"
#include "pg/pg.h"
#include "policyd/greylist/greylist_ask.h"
#include "policyd/identity/identity.h"

struct greylist;

struct greylist_spec {
    size_t cache_max;        // passed keys kept
    int64_t timeout_ms;      // of one round trip
    struct pg_spec database; // conninfo and password; the rest is set here
};

struct greylist_key {
    const struct identity *identity;
    struct slice sender;    // normalised (sender.h)
    struct slice recipient; // folded, by its domain's own name
};

struct greylist *greylist_create(struct event_base *base, const struct greylist_spec *spec);
void greylist_destroy(struct greylist *greylist);

// Records the attempt and reports whether it passes, by the settings in `rows` (not used after the call). If
// that is known at once the callback runs before the call returns, and the call returns NULL. With callback
// NULL the attempt is only recorded.
struct greylist_ask *greylist_ask(struct greylist *greylist, const struct directory_snapshot *rows,
                                  const struct greylist_key *key, greylist_callback callback, void *arg);

// The callback will not run; the attempt stays recorded.
void greylist_cancel(struct greylist_ask *ask);

// Updates the gauges.
void greylist_refresh(const struct greylist *greylist);

#endif
