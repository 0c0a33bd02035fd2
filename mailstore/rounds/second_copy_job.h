// SPDX-License-Identifier: BSD-2-Clause
// Removes second copies from a domain's Undelivered, after a move that may have ended in the middle: by GUID,
// and where Dovecot had no time to write that, by what second_copy.h proves.
#ifndef MAILSTORE_ROUNDS_SECOND_COPY_JOB_H
#define MAILSTORE_ROUNDS_SECOND_COPY_JOB_H

#include "mailstore/rounds/store_means.h"

struct second_copy_job;

// `owner`, borrowed, is the user that has Undelivered. `on_end` is called once, from the loop, never after
// second_copy_cancel, with what went wrong, "" for nothing; the job is freed then. Returns NULL if out of
// memory.
struct second_copy_job *second_copy_start(const struct store_means *means, const char *owner,
                                          void (*on_end)(const char *problem, void *arg), void *arg);
// NULL is allowed.
void second_copy_cancel(struct second_copy_job *job);

#endif
