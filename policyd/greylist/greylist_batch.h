// SPDX-License-Identifier: BSD-2-Clause
// Attempts collected during a loop turn, recorded and answered in one round trip.
#ifndef POLICYD_GREYLIST_GREYLIST_BATCH_H
#define POLICYD_GREYLIST_GREYLIST_BATCH_H

#include "base/lru.h"
#include "pg/pg.h"
#include "policyd/greylist/greylist_ask.h"

struct greylist_batch;

// The settings.
struct greylist_rules {
    int64_t delay, window, lifetime;     // seconds
    int64_t network_cap;                 // pending rows per client network
    int64_t client_passes, named_passes; // after which a client is white-listed
    int64_t pass_interval;               // seconds between passes that count
};

// The state of one attempt.
enum greylist_state {
    GREYLIST_NEW,     // first seen by this attempt
    GREYLIST_WAITING, // known, and too early
    GREYLIST_PASSED,  // passed by this attempt
    GREYLIST_KNOWN,   // had passed before
    GREYLIST_TRUSTED, // the client is white-listed by its passes
    GREYLIST_LOST,    // the database did not answer
};

struct greylist_item {
    struct lru_key key;     // of client, sender, recipient
    struct lru_key network; // of the client's network
    bool coarse;            // represents a whole network (see greylist.c)
    struct slice client;    // its text; valid during on_item
};

struct greylist_batch_spec {
    struct pg *pg;
    int64_t timeout_ms;
    // Once per item, before the callbacks of its asks.
    void (*on_item)(const struct greylist_item *item, enum greylist_state state, void *arg);
    void *arg;
};

struct greylist_batch *greylist_batch_create(struct event_base *base, const struct greylist_batch_spec *spec);
// Pending asks get GREYLIST_UNAVAILABLE. The spec's pg must be destroyed first.
void greylist_batch_destroy(struct greylist_batch *batch);

// Adds an attempt; one that is in the batch already is shared. Texts are copied and must be plain ASCII.
// Returns NULL if `callback` is NULL; also, with `*full` set, if the batch is full or out of memory.
struct greylist_ask *greylist_batch_add(struct greylist_batch *batch, const struct greylist_item *item,
                                        const struct slice texts[3], const struct greylist_rules *rules,
                                        greylist_callback callback, void *arg, bool *full);

// The callback will not run; the attempt stays recorded.
void greylist_batch_cancel(struct greylist_ask *ask);

#endif
