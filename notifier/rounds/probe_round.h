// SPDX-License-Identifier: BSD-2-Clause
// Probes the customers' servers that are due: claims them in the database, so that the nodes share the work
// and take over from a dead one, probes many at once, judges, and records. An incident and its messages are
// one transaction with the record. Without the database it goes on as probe_away.h says.
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
    const char *spool;        // path of the file for what the database does not have yet; "": none
};

// Returns NULL if out of memory.
struct probe_round *probe_round_create(struct event_base *base, const struct probe_round_spec *spec);
// The database must have been destroyed before.
void probe_round_destroy(struct probe_round *round);

// Sets whether the database is away; it is not before the first call.
void probe_round_set_away(struct probe_round *round, bool away);

// Returns whether servers are watched: probes were claimed within the last minutes, or are made without the
// database.
bool probe_round_watches(const struct probe_round *round);

// The means of its jobs, with the settings in force; for jobs beside the rounds.
const struct probe_means *probe_round_means(const struct probe_round *round);

#endif
