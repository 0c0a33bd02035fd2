// SPDX-License-Identifier: BSD-2-Clause
// The servers that this node watches, with what it found, for the time without a database.
#ifndef NOTIFIER_ROUNDS_PROBE_MEMORY_H
#define NOTIFIER_ROUNDS_PROBE_MEMORY_H

#include "notifier/judge/judge.h"
#include "notifier/rounds/probe_job.h"

#include <uthash.h>

#define PROBE_CHANGES_MAX 40 // of one server that wait for the database; then the two oldest go

// A change of a server's state that the database does not have.
struct probe_change {
    int64_t at; // seconds since 1970
    enum judge_state state;
    char *reply;
};

struct probe_watched {
    struct probe_target target;
    struct judge_history history;   // with the state after the last probe
    int64_t seen_ms, due_ms;        // clock_mono_ms of the last and of the next probe
    char server[NEXT_HOP_TEXT_MAX]; // address that it was probed at last; "": none yet
    bool in_flight;
    bool unrecorded;              // the database does not have the history, nor the changes
    struct probe_change *changes; // oldest first
    unsigned change_count;
    UT_hash_handle hh;
};

struct probe_memory {
    struct probe_watched *all;
    unsigned unrecorded;
};

// NULL: it is not watched.
struct probe_watched *probe_memory_find(const struct probe_memory *memory, const char *domain);

// The one that is there, with this target from now on, else a new one. NULL if out of memory.
struct probe_watched *probe_memory_put(struct probe_memory *memory, const struct probe_target *target);
void probe_memory_remove(struct probe_memory *memory, struct probe_watched *watched);
void probe_memory_finish(struct probe_memory *memory);

// Adds a change, of the time of the last probe. Out of memory it is lost.
void probe_memory_add_change(struct probe_watched *watched, const char *reply);
// Removes the oldest ones.
void probe_memory_drop_changes(struct probe_watched *watched, unsigned count);
void probe_memory_set_unrecorded(struct probe_memory *memory, struct probe_watched *watched, bool unrecorded);

#endif
