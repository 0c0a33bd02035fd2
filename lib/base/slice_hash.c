// SPDX-License-Identifier: BSD-2-Clause
#include "base/slice_hash.h"

#include <xxhash.h>

uint64_t slice_hash(struct slice text, uint64_t seed)
{
    return XXH3_64bits_withSeed(text.ptr, text.len, seed);
}
