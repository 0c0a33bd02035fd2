// SPDX-License-Identifier: BSD-2-Clause
// A bounded map of what was seen lately: 128-bit keys to small values with an age. When it is full the entry
// that was used longest ago makes room. uthash does the hashing; about 110 bytes an entry with an empty
// value.
#ifndef BASE_LRU_H
#define BASE_LRU_H

#include "base/slice.h"

#include <stdint.h>

struct lru;

struct lru_key {
    uint64_t low, high;
};

#define LRU_KEY_TEXT_MAX 1536

// The key of some texts in order, of which the first LRU_KEY_TEXT_MAX bytes count, by XXH3 with a seed of
// this process, so that a collision cannot be planned.
struct lru_key lru_key(const struct slice *parts, size_t count);

// At most `max` entries of `value_size` bytes. Out of memory ends the process.
struct lru *lru_create(size_t max, size_t value_size);
void lru_destroy(struct lru *lru);

// The value kept under `key`, or NULL where there is none or its time is up. `now` is clock_mono_ms() / 1000.
// Valid until the next put.
void *lru_find(struct lru *lru, struct lru_key key, int64_t now);

// The value under `key`, zeroed where it is new, with its end set to `expires`. NULL if out of memory.
void *lru_put(struct lru *lru, struct lru_key key, int64_t expires);

// lru_find, and where that finds nothing lru_put, in one go.
void *lru_obtain(struct lru *lru, struct lru_key key, int64_t now, int64_t expires);

void lru_remove(struct lru *lru, struct lru_key key);
size_t lru_count(const struct lru *lru);

#endif
