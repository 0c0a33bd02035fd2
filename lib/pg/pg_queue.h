// SPDX-License-Identifier: BSD-2-Clause
// Statements in the order they were sent.
#ifndef PG_PG_QUEUE_H
#define PG_PG_QUEUE_H

#include "pg/pg_statement.h"

// A queued statement with its own copy of the values.
struct pg_job {
    struct pg_job *next;
    struct pg_statement statement;
    enum pg_rc rc; // of a failed one: the outcome that its callback gets
    const char *values[PG_VALUES_MAX];
    char text[]; // the values, one after the other
};

struct pg_queue {
    struct pg_job *first, *last;
    unsigned count;
};

// Copies a statement. The caller frees it with free(). Ends the process if out of memory.
struct pg_job *pg_job_create(const struct pg_statement *statement);
void pg_queue_push(struct pg_queue *queue, struct pg_job *job);
// The first job, removed; NULL if the queue is empty.
struct pg_job *pg_queue_pop(struct pg_queue *queue);

#endif
