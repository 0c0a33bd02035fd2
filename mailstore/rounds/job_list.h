// SPDX-License-Identifier: BSD-2-Clause
// The running jobs of a round, so that all can be cancelled.
#ifndef MAILSTORE_ROUNDS_JOB_LIST_H
#define MAILSTORE_ROUNDS_JOB_LIST_H

struct job_link {
    struct job_link *prev, *next;
};

struct job_list {
    struct job_link *first;
    unsigned count;
};

// The link is the first member of a job.
void job_list_add(struct job_list *list, struct job_link *link);
void job_list_remove(struct job_list *list, struct job_link *link);

#endif
