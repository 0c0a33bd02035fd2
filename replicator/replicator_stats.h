// SPDX-License-Identifier: BSD-2-Clause
// Metrics of the replicator.
#ifndef REPLICATOR_REPLICATOR_STATS_H
#define REPLICATOR_REPLICATOR_STATS_H

#include "base/fault.h"
#include "directory/schema.h"

struct replicator_stats {
    struct counter rows[DIRECTORY_KINDS];
    struct counter changes, rounds, reloads, refused_reloads, bad_rows, dead_readers, damaged;
    struct fault failed_round; // changed nothing
    struct counter connected, failing, lag, kinds_lagging, queue, file_used, file_bound;
    struct counter schema_version, schema_needed;
};

extern struct replicator_stats replicator_stats;

void replicator_stats_register(void);

#endif
