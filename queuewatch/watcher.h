// SPDX-License-Identifier: BSD-2-Clause
// The thread that looks at the queue, so that a file system that does not answer holds up nothing else. All
// functions are for the loop's thread.
#ifndef QUEUEWATCH_WATCHER_H
#define QUEUEWATCH_WATCHER_H

#include "base/problem.h"
#include "queuewatch/cycle.h"
#include "queuewatch/cycle_metrics.h"
#include "queuewatch/sample.h"

struct watcher;

struct watcher_spec {
    const char *queue_directory, *postfix_config;
    int64_t interval_ms;
    int64_t walk_interval_ms; // 0: no walk
    size_t walk_rate;         // envelopes per second
    size_t messages_max;
};

// Returns NULL with a human-readable message in `problem`.
struct watcher *watcher_create(const struct watcher_spec *spec, struct problem *problem);
// Waits for the thread at most 2 s; one that hangs ends with the process.
void watcher_destroy(struct watcher *watcher);

// Takes ownership of the list, which the next cycle uses.
void watcher_set_list(struct watcher *watcher, struct watch_list *list);

// Calls `use` with the reply to a request for the sample, and returns true; false before the first cycle.
bool watcher_use_sample(struct watcher *watcher, void (*use)(struct slice reply, void *arg), void *arg);

// A question that the thread answers between its work.
struct watcher_job {
    struct watcher_job *next; // of watcher.c alone
    void *owner;              // the caller's
    char domain[WATCH_NAME_MAX];
    unsigned count;
    struct sample answer;
};

// Asks for the oldest messages of a domain. Returns NULL if too many jobs wait.
struct watcher_job *watcher_ask(struct watcher *watcher, struct slice domain, unsigned count, void *owner);
// A descriptor that becomes readable when a job is done.
int watcher_fd(const struct watcher *watcher);
// The next one that is done, to be given to watcher_job_destroy; NULL: there is none.
struct watcher_job *watcher_take_done(struct watcher *watcher);
void watcher_job_destroy(struct watcher *watcher, struct watcher_job *job);

// The domains with the most late messages; returns how many.
unsigned watcher_read_top(struct watcher *watcher, struct cycle_metrics_top out[TALLY_TOP]);

// Milliseconds since the last cycle ended, -1 before the first.
int64_t watcher_age_ms(struct watcher *watcher);

#endif
