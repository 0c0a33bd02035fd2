// SPDX-License-Identifier: BSD-2-Clause
// A bounded map of what was seen lately: 128-bit keys to small values with an age. When it is full the entry
// that was used longest ago makes room. uthash does the hashing; about 110 bytes an entry with an empty
// value.
#ifndef POLICYD_RECENT_H
#define POLICYD_RECENT_H

#include "base/slice.h"

#include <stdint.h>

struct recent;

struct recent_key {
    uint64_t low, high;
};

#define RECENT_KEY_TEXT_MAX 1536

// The key of some texts in order, of which the first RECENT_KEY_TEXT_MAX bytes count, by XXH3 with a seed of
// this process, so that nobody can plan a collision.
struct recent_key recent_key(const struct slice *parts, size_t count);

// At most `max` entries of `value_size` bytes. Returns NULL without memory.
struct recent *recent_create(size_t max, size_t value_size);
void recent_destroy(struct recent *recent);

// The value kept under `key`, or NULL where there is none or its time is up. `now` is clock_mono_ms() / 1000.
// Valid until the next put.
void *recent_find(struct recent *recent, struct recent_key key, int64_t now);

// The value under `key`, zeroed where it is new, with its end set to `expires`. NULL without memory.
void *recent_put(struct recent *recent, struct recent_key key, int64_t expires);

// recent_find, and where that finds nothing recent_put, in one go.
void *recent_obtain(struct recent *recent, struct recent_key key, int64_t now, int64_t expires);

void recent_remove(struct recent *recent, struct recent_key key);
size_t recent_count(const struct recent *recent);

#endif
