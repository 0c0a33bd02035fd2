// SPDX-License-Identifier: BSD-2-Clause
// Removes expired greylist rows in small batches, on a connection of its own and never in a request's path.
// Every node does it: rows in use by another are passed over.
#ifndef POLICYD_EXPIRY_H
#define POLICYD_EXPIRY_H

#include "pg/pg.h"

struct expiry;

// Returns NULL only without memory.
struct expiry *expiry_create(struct event_base *base, struct pg_spec database);
void expiry_destroy(struct expiry *expiry);

#endif
