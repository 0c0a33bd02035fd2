// SPDX-License-Identifier: BSD-2-Clause
// One mailbox: its mail is listed, the days are decided, what is older is expunged, and the result is
// recorded. Each step may be repeated: a job that ends in the middle leaves the rest to the next. Or one
// deleted mailbox, whose mail of before its deletion is removed.
#ifndef MAILSTORE_ROUNDS_EXPIRY_JOB_H
#define MAILSTORE_ROUNDS_EXPIRY_JOB_H

#include "base/address.h"
#include "mailstore/expire/expire.h"
#include "mailstore/rounds/job_list.h"
#include "mailstore/rounds/store_means.h"

// As claim_expiry() returns it.
struct expiry_task {
    bool purge;
    char address[ADDRESS_MAX + 32];
    char user[STORE_USER_MAX];
    struct expire_box box;
    int64_t until; // purge: mail saved before, in seconds since 1970
};

struct expiry_job;

// `task` is copied. `on_end` is called once, from the loop, never after expiry_job_cancel, with whether it
// ended as it should; the job is freed then, and is in `list` until then. Returns NULL if out of memory.
struct expiry_job *expiry_job_start(const struct store_means *means, const struct expiry_task *task,
                                    struct job_list *list, void (*on_end)(bool good, void *arg), void *arg);
// To be called after pg_destroy: the database may owe it an answer.
void expiry_job_cancel(struct expiry_job *job);

// The jobs' counters.
void expiry_job_register(void);

#endif
