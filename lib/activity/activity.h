// SPDX-License-Identifier: BSD-2-Clause
// Counts per domain, day and metric, gathered in memory and added to the table `activity` in batches. A batch
// has a number under which it counts once, however often it is sent; unsent batches survive in a file.
#ifndef ACTIVITY_ACTIVITY_H
#define ACTIVITY_ACTIVITY_H

#include "base/slice.h"
#include "pg/pg.h"

struct activity;

struct activity_spec {
    const char *node;        // names this node in the database
    const char *spool;       // path of the file; "" for none
    int64_t interval_ms;     // between batches
    struct pg_spec database; // conninfo and password; the rest is set here
};

// Reads the batches that an earlier process left in the spool, and logs if the spool cannot be written. Each
// process needs a spool of its own. Returns NULL if out of memory.
struct activity *activity_create(struct event_base *base, const struct activity_spec *spec);

// Counts that are not in the database by now go to the spool.
void activity_destroy(struct activity *activity);

// Sets the interval between batches.
void activity_set_interval(struct activity *activity, int64_t interval_ms);

// Adds to the count of today (UTC). `metric` is a word of the daemons' own.
void activity_add(struct activity *activity, struct slice domain, const char *metric, uint64_t amount);

// Counts one more.
void activity_count(struct activity *activity, struct slice domain, const char *metric);

// Sends all counts and calls `done` when the database has it or cannot be reached.
void activity_flush(struct activity *activity, void (*done)(void *arg), void *arg);

// Brings the gauges up to date.
void activity_refresh(const struct activity *activity);

#endif
