// SPDX-License-Identifier: BSD-2-Clause
// The probes in flight.
#ifndef NOTIFIER_ROUNDS_PROBE_FLIGHT_H
#define NOTIFIER_ROUNDS_PROBE_FLIGHT_H

#include "notifier/judge/judge.h"
#include "notifier/rounds/probe_job.h"

struct probe_flight;

// A probe that has ended.
struct probe_landing {
    const struct probe_target *target;
    const struct judge_history *history; // as it was given
    bool leased;                         // likewise
    const struct probe_verdict *verdict;
};

struct probe_flight_spec {
    const struct probe_means *means; // borrowed
    void (*on_landing)(const struct probe_landing *landing, void *arg);
    void *arg;
};

// Returns NULL if out of memory.
struct probe_flight *probe_flight_create(const struct probe_flight_spec *spec);
// Cancels all. NULL is allowed.
void probe_flight_destroy(struct probe_flight *flight);

// Starts a probe; the landing is called from the loop. Returns false if out of memory.
bool probe_flight_start(struct probe_flight *flight, const struct probe_target *target,
                        const struct judge_history *history, bool leased);

// How many there are.
unsigned probe_flight_count(const struct probe_flight *flight);

#endif
