// SPDX-License-Identifier: BSD-2-Clause
// This node's view of the counts of logins and domains: those of all nodes as the database had them last,
// and its own since. Bounded; the least recently used leave first.
#ifndef POLICYD_OUTBOUND_OUTBOUND_MEMORY_H
#define POLICYD_OUTBOUND_OUTBOUND_MEMORY_H

#include "base/slice.h"
#include "policyd/decide/policy_facts.h"

struct outbound_memory;

// A row of the database. Times are seconds since 1970: the begin of the hour and of the day that are counted.
struct outbound_total {
    int64_t hour, day;
    struct outbound_counts counts;
};

// Returns NULL if out of memory.
struct outbound_memory *outbound_memory_create(size_t max);
void outbound_memory_destroy(struct outbound_memory *memory);

// The counts of the hour and the day of `now` (seconds since 1970).
void outbound_memory_read(struct outbound_memory *memory, struct slice name, int64_t now,
                          struct outbound_counts *out);

// When the database's counts were read last, by clock_mono_ms(); INT64_MIN: never.
int64_t outbound_memory_read_at(struct outbound_memory *memory, struct slice name);

// Adds to the counts of the hour that begins at `hour`, and of its day.
void outbound_memory_add(struct outbound_memory *memory, struct slice name, int64_t hour,
                         const struct outbound_count *added);

// Takes over what the database has; NULL: it has no row. What was sent and is not in it is the caller's to
// add again.
void outbound_memory_set(struct outbound_memory *memory, struct slice name,
                         const struct outbound_total *total, int64_t now_ms);

size_t outbound_memory_count(const struct outbound_memory *memory);

#endif
