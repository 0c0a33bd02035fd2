// SPDX-License-Identifier: BSD-2-Clause
// Removes expired greylist rows in small batches, on a connection of its own, never in the path of a request.
// Every node does it: rows locked by another are skipped.
#ifndef POLICYD_GREYLIST_GREYLIST_EXPIRY_H
#define POLICYD_GREYLIST_GREYLIST_EXPIRY_H

#include "pg/pg.h"

struct greylist_expiry;

// Returns NULL only if out of memory.
struct greylist_expiry *greylist_expiry_create(struct event_base *base, struct pg_spec database);
void greylist_expiry_destroy(struct greylist_expiry *expiry);

#endif
