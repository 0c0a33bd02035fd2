// SPDX-License-Identifier: BSD-2-Clause
// Brings what was found under leases to the database, many findings in one statement.
#ifndef NOTIFIER_ROUNDS_PROBE_RECORDER_H
#define NOTIFIER_ROUNDS_PROBE_RECORDER_H

#include "notifier/judge/judge.h"
#include "pg/pg.h"

struct probe_recorder;

// A finding: the history with the state after it, and the one before.
struct probe_finding {
    const char *domain;
    struct judge_history history;
    enum judge_state before;
    const char *reply;
};

struct probe_recorder_spec {
    struct pg *pg;
    const char *node;
    // Nobody knows whether the database has it.
    void (*on_lost)(const struct probe_finding *finding, void *arg);
    void *arg;
};

// All is borrowed. Returns NULL if out of memory.
struct probe_recorder *probe_recorder_create(struct event_base *base, const struct probe_recorder_spec *spec);
// The database must have been destroyed before, which gives back what it has not answered. NULL is allowed.
void probe_recorder_destroy(struct probe_recorder *recorder);

// Takes a finding, to be sent within a moment; `interval` is in seconds, from now until the next probe. Out
// of memory it is lost, and the lease ends by itself.
void probe_recorder_add(struct probe_recorder *recorder, const struct probe_finding *finding,
                        int64_t interval);

#endif
