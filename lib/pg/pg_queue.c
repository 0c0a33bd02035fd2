// SPDX-License-Identifier: BSD-2-Clause
#include "pg/pg_queue.h"

#include "base/bug.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct pg_job *pg_job_create(const struct pg_statement *statement)
{
    size_t size = 0;
    if (statement->count < 0 || statement->count > PG_VALUES_MAX)
        bug_abort("a statement with %d values", statement->count);
    for (int i = 0; i < statement->count; i++)
        size += statement->values[i] ? strlen(statement->values[i]) + 1 : 0;
    struct pg_job *job = memory_or_exit(malloc(sizeof *job + size));
    job->next = NULL;
    job->rc = PG_LOST;
    job->statement = *statement;
    job->statement.values = job->values;
    char *text = job->text;
    for (int i = 0; i < statement->count; i++) {
        job->values[i] = statement->values[i] ? text : NULL;
        if (job->values[i])
            text = stpcpy(text, statement->values[i]) + 1;
    }
    return job;
}

void pg_queue_push(struct pg_queue *queue, struct pg_job *job)
{
    if (queue->last)
        queue->last->next = job;
    else
        queue->first = job;
    queue->last = job;
    job->next = NULL;
    queue->count++;
}

struct pg_job *pg_queue_pop(struct pg_queue *queue)
{
    struct pg_job *job = queue->first;
    if (job) {
        queue->first = job->next;
        queue->count--;
        if (!queue->first)
            queue->last = NULL;
    }
    return job;
}
