// SPDX-License-Identifier: BSD-2-Clause
// The domains whose best MX this process found to be ourselves: known here before the replica has a row of
// it, and while the database is away.
#ifndef TRANSPORTMAP_LOOKUP_BEST_MX_FOUND_H
#define TRANSPORTMAP_LOOKUP_BEST_MX_FOUND_H

#include "base/slice.h"

#define BEST_MX_FOUND_MAX 10000 // further ones wait for their rows

struct best_mx_found;

// Returns NULL only without memory.
struct best_mx_found *best_mx_found_create(void);
void best_mx_found_destroy(struct best_mx_found *found);

// Notes whether the domain, in lower case, is one. What there is no room or memory for is forgotten.
void best_mx_found_set(struct best_mx_found *found, struct slice domain, bool ours);

bool best_mx_found_has(const struct best_mx_found *found, struct slice domain);

#endif
