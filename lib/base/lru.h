// SPDX-License-Identifier: BSD-2-Clause
// Bounded LRU map with per-entry expiry: 128-bit keys to small values. When it is full the least recently
// used entry is dropped. About 50 bytes per entry with an empty value.
//
// The table is our own: with uthash a look-up reads a chain of entries, each a cache miss, and took more of
// policyd's time than parsing a request.
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
// this process, so that nobody can plan a collision.
struct lru_key lru_key(const struct slice *parts, size_t count);

// At most `max` entries, fewer than 2^31, of `value_size` bytes. Returns NULL if out of memory.
struct lru *lru_create(size_t max, size_t value_size);
void lru_destroy(struct lru *recent);

// The value kept under `key`; NULL if there is none or it has expired. `now` is clock_mono_s(). Valid
// until the next put.
void *lru_find(struct lru *recent, struct lru_key key, int64_t now);

// The value under `key`, zeroed if it is new, with its expiry set to `expires`. NULL if out of memory.
void *lru_put(struct lru *recent, struct lru_key key, int64_t expires);

// lru_find, and lru_put if that finds nothing, in one go.
void *lru_obtain(struct lru *recent, struct lru_key key, int64_t now, int64_t expires);

void lru_remove(struct lru *recent, struct lru_key key);
size_t lru_count(const struct lru *recent);

#endif
