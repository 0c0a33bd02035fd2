// SPDX-License-Identifier: BSD-2-Clause
// One sort of a domain's catch-all mail: its users without a row are looked at, decided on, and made
// candidates, or their mail is moved to Undelivered, with date and flags. A move copies before it expunges.
// Where one may have ended in between, the next sort removes the second copy of a message from Undelivered,
// by its GUID, which copies keep.
#ifndef MAILSTORE_ROUNDS_TIDY_JOB_H
#define MAILSTORE_ROUNDS_TIDY_JOB_H

#include "base/address.h"
#include "mailstore/rounds/job_list.h"
#include "mailstore/rounds/store_means.h"
#include "mailstore/tidy/tidy.h"

// As claim_tidy() returns it.
struct tidy_task {
    char domain[ADDRESS_DOMAIN_MAX + 1];
    struct tidy_room room;
    bool unclean; // a move of an earlier sort may have ended in the middle
};

struct tidy_job;

// `task` is copied. `on_end` is called once, from the loop, never after tidy_job_cancel, with whether the
// domain has more to sort; the job is freed then, and is in `list` until then. Returns NULL if out of memory.
struct tidy_job *tidy_job_start(const struct store_means *means, const struct tidy_task *task,
                                struct job_list *list, void (*on_end)(bool more, void *arg), void *arg);
// To be called after pg_destroy: the database may owe it an answer.
void tidy_job_cancel(struct tidy_job *job);

// Returns whether it sorts that domain.
bool tidy_job_is_of(const struct tidy_job *job, const char *domain);

// The jobs' counters.
void tidy_job_register(void);

#endif
