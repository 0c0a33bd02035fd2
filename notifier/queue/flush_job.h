// SPDX-License-Identifier: BSD-2-Clause
// One request of flush() on this node: after a successful probe of the domain's server its waiting mail, the
// oldest first, 20 messages per second, by "postqueue -i". Other destinations keep their throttles (Postfix
// ETRN_README).
#ifndef NOTIFIER_QUEUE_FLUSH_JOB_H
#define NOTIFIER_QUEUE_FLUSH_JOB_H

#include "directory/directory.h"
#include "notifier/rounds/probe_job.h"
#include "pg/pg.h"

// Shared by all jobs; all is borrowed.
struct flush_means {
    struct event_base *base;
    struct pg *pg;
    struct directory *directory;
    const char *node;
    const char *socket;    // of emailgency-queuewatch
    const char *postqueue; // the program's path
    const struct probe_means *probes;
};

struct flush_job;

// `request` is a number of table flush_request, `domain` its domain; both are copied. The job records its
// progress in flush_part. `on_end` is called once, from the loop, when the database has its end, and never
// after flush_job_cancel; the job is freed before. Returns NULL if out of memory; then there is no callback.
struct flush_job *flush_job_start(const struct flush_means *means, const char *request, const char *domain,
                                  void (*on_end)(void *arg), void *arg);

// To be called after pg_destroy: the database may owe the job an answer.
void flush_job_cancel(struct flush_job *job);

// Registers the faults of all jobs.
void flush_job_register(void);

#endif
