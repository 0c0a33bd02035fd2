// SPDX-License-Identifier: BSD-2-Clause
// Claims the domains whose catch-all mail is to be sorted, and runs a job for each.
#ifndef MAILSTORE_ROUNDS_TIDY_ROUND_H
#define MAILSTORE_ROUNDS_TIDY_ROUND_H

#include "mailstore/rounds/store_means.h"

struct tidy_round;

// `means` is borrowed. Returns NULL if out of memory.
struct tidy_round *tidy_round_create(const struct store_means *means);
// After pg_destroy. NULL is allowed.
void tidy_round_destroy(struct tidy_round *round);

// Looks for domains now, as after tidy().
void tidy_round_wake(struct tidy_round *round);

#endif
