// SPDX-License-Identifier: BSD-2-Clause
// Probes the customers' servers that are due: claims them in the database, so that the nodes share the work
// and take over from a dead one, probes many at once, judges, and records. An incident and its messages are
// one transaction with the record.
#ifndef NOTIFIER_ROUNDS_PROBE_ROUND_H
#define NOTIFIER_ROUNDS_PROBE_ROUND_H

#include "directory/directory.h"
#include "notifier/rounds/probe_job.h"
#include "pg/pg.h"

struct probe_round;

// All is borrowed.
struct probe_round_spec {
    struct pg *pg;
    struct directory *directory; // for the settings
    const char *node;
    struct probe_means means; // without `allowed`
    unsigned in_flight_max;   // domains at once
};

// Returns NULL if out of memory.
struct probe_round *probe_round_create(struct event_base *base, const struct probe_round_spec *spec);
void probe_round_destroy(struct probe_round *round);

// The means of its jobs, with the settings in force; for jobs beside the rounds.
const struct probe_means *probe_round_means(const struct probe_round *round);

#endif
