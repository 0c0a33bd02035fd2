// SPDX-License-Identifier: BSD-2-Clause
// Claims the mailboxes that are due in the database, so that the nodes share the work and take over from a
// dead one, and runs a job for each, many at once. Warns about quotas.
#ifndef MAILSTORE_ROUNDS_EXPIRY_ROUND_H
#define MAILSTORE_ROUNDS_EXPIRY_ROUND_H

#include "mailstore/rounds/store_means.h"

struct expiry_round;

// `means` is borrowed. Returns NULL if out of memory.
struct expiry_round *expiry_round_create(const struct store_means *means);
// After pg_destroy. NULL is allowed.
void expiry_round_destroy(struct expiry_round *round);

#endif
