// SPDX-License-Identifier: BSD-2-Clause
// Counts since the last round trip, recorded in one statement, which returns the counts of all
// nodes. A batch has a number under which it counts once, however often it is sent.
#ifndef POLICYD_OUTBOUND_OUTBOUND_BATCH_H
#define POLICYD_OUTBOUND_OUTBOUND_BATCH_H

#include "pg/pg.h"
#include "policyd/outbound/outbound_memory.h"

struct outbound_batch;
struct outbound_ask;

struct outbound_batch_spec {
    struct pg *pg;
    const char *node;
    int64_t timeout_ms;             // of a round trip
    struct outbound_memory *memory; // is brought up to date
};

// Returns NULL if out of memory. All of the spec is borrowed.
struct outbound_batch *outbound_batch_create(struct event_base *base, const struct outbound_batch_spec *spec);
// The spec's pg must be destroyed first. Callbacks of pending asks do not run.
void outbound_batch_destroy(struct outbound_batch *batch);

// Adds to what is recorded next, for the hour that begins at `hour`. All zeros: the counts are only read, and
// soon. False if the batch is full or out of memory.
bool outbound_batch_add(struct outbound_batch *batch, struct slice login, struct slice domain, int64_t hour,
                        const struct outbound_count *sent, int64_t refused);

// Reads the counts at once; the callback runs when the memory has them, or the database did not answer.
// Returns NULL, and calls nothing, if the database is away or the batch full.
struct outbound_ask *outbound_batch_ask(struct outbound_batch *batch, struct slice login, struct slice domain,
                                        int64_t hour, void (*callback)(void *arg), void *arg);

// The callback will not run.
void outbound_batch_cancel(struct outbound_ask *ask);

// Sends all, and calls `done` when the database has it or cannot be reached.
void outbound_batch_flush(struct outbound_batch *batch, void (*done)(void *arg), void *arg);

// The number of logins whose mail is not in the database yet.
size_t outbound_batch_waiting(const struct outbound_batch *batch);

#endif
