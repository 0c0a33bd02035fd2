// SPDX-License-Identifier: BSD-2-Clause
// Hash of a text, for tables and for lists of what was seen. Not against an attacker who knows the seed:
// bound what a collision costs.
#ifndef BASE_SLICE_HASH_H
#define BASE_SLICE_HASH_H

#include "base/slice.h"

#include <stdint.h>

// XXH3. Texts in a row are hashed by passing the hash of one as the seed of the next.
uint64_t slice_hash(struct slice text, uint64_t seed);

#endif
