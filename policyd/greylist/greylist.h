// SPDX-License-Identifier: BSD-2-Clause
// Greylisting's memory: keys that passed lately are known here; all others are asked of PostgreSQL, which all
// nodes share, in one round trip a loop turn. Nothing waits for a database that is away.
#ifndef POLICYD_GREYLIST_GREYLIST_H
#define POLICYD_GREYLIST_GREYLIST_H

#include "directory/directory.h"
#include "pg/pg.h"
#include "policyd/decide/policy_facts.h"
#include "policyd/identity/identity.h"

struct greylist;
struct greylist_ask; // one question under way

struct greylist_spec {
    size_t cache_max;        // passed keys kept
    int64_t timeout_ms;      // of one round trip
    struct pg_spec database; // conninfo, password; the rest is set here
};

struct greylist_key {
    const struct identity *identity;
    struct slice sender;    // normalised (sender.h)
    struct slice recipient; // folded, by its domain's own name
};

typedef void (*greylist_callback)(enum greylist_outcome outcome, void *arg);

struct greylist *greylist_create(struct event_base *base, const struct greylist_spec *spec);
void greylist_destroy(struct greylist *greylist);

// Records the attempt and says whether it passes, by the settings in `rows` (not used after the call). Where
// that is known at once the callback runs before the call returns, and the call returns NULL. With callback
// NULL the attempt is only recorded.
struct greylist_ask *greylist_ask(struct greylist *greylist, const struct directory_snapshot *rows,
                                  const struct greylist_key *key, greylist_callback callback, void *arg);

// The callback will not run; the attempt stays recorded.
void greylist_cancel(struct greylist_ask *ask);

// Brings the gauges up to date.
void greylist_refresh(const struct greylist *greylist);

#endif
