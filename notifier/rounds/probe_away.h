// SPDX-License-Identifier: BSD-2-Clause
// Watching without the database. This node goes on with the servers that it has probed last, since no lease
// says who probes which; a process that had no time to learn them takes all that its replica has. What
// changes is kept in memory and in a spool, until the database has it (probe_replay.h).
#ifndef NOTIFIER_ROUNDS_PROBE_AWAY_H
#define NOTIFIER_ROUNDS_PROBE_AWAY_H

#include "directory/directory.h"
#include "notifier/rounds/probe_flight.h"
#include "notifier/rounds/probe_memory.h"
#include "notifier/rounds/probe_recorder.h"
#include "notifier/spool/spool_file.h"

struct probe_away {
    struct probe_memory memory;
    struct spool_file *spool;
    struct probe_flight *flight;
    int64_t interval;   // setting probe_interval, in seconds
    int64_t learned_ms; // clock_mono_ms since when this process claims probes; 0: it has not
    bool begun;         // the servers of this absence are chosen
    bool is_filling;    // from the replica, on from `filled`
    char filled[ADDRESS_DOMAIN_MAX + 1];
    unsigned fill_count;
};

// Reads what an earlier process left in `spool` (a path; "": none). Out of memory ends the process.
void probe_away_init(struct probe_away *away, const char *spool);
void probe_away_finish(struct probe_away *away);

// This node has a lease for the probe of a server, which is `in_flight` or has just ended.
void probe_away_learn(struct probe_away *away, const struct probe_target *target,
                      const struct judge_history *history, bool in_flight);

// A probe has ended.
void probe_away_land(struct probe_away *away, const char *domain);

// Something was found that the database does not have, or of which nobody knows whether it has it.
void probe_away_keep(struct probe_away *away, const struct probe_finding *finding);

// Starts the probes that are due, while no more than `in_flight_max` are in flight; once a second while the
// database is away. `rows` may be NULL.
void probe_away_turn(struct probe_away *away, const struct directory_snapshot *rows, unsigned in_flight_max);

// Waits for the disk, once a second, and brings the gauge up to date.
void probe_away_sync(struct probe_away *away);

// Ends an absence.
void probe_away_end(struct probe_away *away);

// The address that a server was probed at.
void probe_away_set_server(struct probe_away *away, const char *domain, const char *server);

// The latest probes in numbers.
void probe_away_totals(const struct probe_away *away, struct judge_totals *out);

#endif
