// SPDX-License-Identifier: BSD-2-Clause
// Removes expired greylist rows in small batches, on a connection of its own and never in a request's path.
// Every node does it: rows in use by another are passed over.
#ifndef POLICYD_GREYLIST_GREYLIST_EXPIRY_H
#define POLICYD_GREYLIST_GREYLIST_EXPIRY_H

#include "pg/pg.h"

struct greylist_expiry;

// Returns NULL only without memory.
struct greylist_expiry *greylist_expiry_create(struct event_base *base, struct pg_spec database);
void greylist_expiry_destroy(struct greylist_expiry *expiry);

#endif
