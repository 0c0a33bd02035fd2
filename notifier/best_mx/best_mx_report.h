// SPDX-License-Identifier: BSD-2-Clause
// Reports the findings of the walks of best_mx.h to the database, for `domain_status` and the replicas.
// Outcomes are gathered and sent many at once; while the database is away they are dropped, and looked for
// again when it is back.
#ifndef NOTIFIER_BEST_MX_BEST_MX_REPORT_H
#define NOTIFIER_BEST_MX_BEST_MX_REPORT_H

#include "base/slice.h"
#include "pg/pg.h"

#define BEST_MX_REPORT_BATCH 500 // domains of one statement

struct best_mx_report;

struct best_mx_report_spec {
    struct pg_spec database;    // without callbacks
    const char *node;           // of this node, borrowed
    void (*on_lost)(void *arg); // the database is back, and lacks outcomes that were added
    void *arg;
};

// Returns NULL if out of memory.
struct best_mx_report *best_mx_report_create(struct event_base *base, const struct best_mx_report_spec *spec);
void best_mx_report_destroy(struct best_mx_report *report);

// Brings the gauge of the connection up to date. NULL is allowed.
void best_mx_report_refresh(const struct best_mx_report *report);

// Returns whether so many outcomes wait for the database that nothing should be added for now.
bool best_mx_report_is_full(const struct best_mx_report *report);

// `host` is our host that is the domain's best MX; empty: the domain has another. Both are copied.
void best_mx_report_add(struct best_mx_report *report, const char *domain, const char *host);

// Sends the added outcomes.
void best_mx_report_flush(struct best_mx_report *report);

#endif
