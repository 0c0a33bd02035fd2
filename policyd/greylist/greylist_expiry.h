// SPDX-License-Identifier: BSD-2-Clause
// Removes expired greylist rows in small batches, never in the path of a request.
// Every node does it: rows locked by another are skipped.
#ifndef POLICYD_GREYLIST_GREYLIST_EXPIRY_H
#define POLICYD_GREYLIST_GREYLIST_EXPIRY_H

#include "pg/pg.h"

struct greylist_expiry;

// `pg` is borrowed: a connection that no request waits for, to be destroyed before this. Returns NULL only if
// out of memory.
struct greylist_expiry *greylist_expiry_create(struct event_base *base, struct pg *pg);
void greylist_expiry_destroy(struct greylist_expiry *expiry);

#endif
