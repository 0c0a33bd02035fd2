// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/outbound/outbound_memory.h"

#include "base/clock.h"
#include "base/lru.h"

#include <stdlib.h>

enum { DAY = 86400, LIFETIME_S = 2 * DAY };

struct entry {
    struct outbound_total total;
    int64_t read_ms; // 0: never
};

struct outbound_memory {
    struct lru *names;
};

struct outbound_memory *outbound_memory_create(size_t max)
{
    struct outbound_memory *memory = calloc(1, sizeof *memory);
    if (memory)
        memory->names = lru_create(max, sizeof(struct entry));
    if (memory && memory->names)
        return memory;
    outbound_memory_destroy(memory);
    return NULL;
}

void outbound_memory_destroy(struct outbound_memory *memory)
{
    if (!memory)
        return;
    lru_destroy(memory->names);
    free(memory);
}

static struct entry *obtain(struct outbound_memory *memory, struct slice name)
{
    const int64_t now = clock_mono_s();
    return lru_obtain(memory->names, lru_key(&name, 1), now, now + LIFETIME_S);
}

void outbound_memory_read(struct outbound_memory *memory, struct slice name, int64_t now,
                          struct outbound_counts *out)
{
    const struct entry *entry = lru_find(memory->names, lru_key(&name, 1), clock_mono_s());
    *out = entry ? entry->total.counts : (struct outbound_counts){.hour = {0}};
    if (entry && now / 3600 != entry->total.hour / 3600)
        out->hour = (struct outbound_count){0};
    if (entry && now / DAY != entry->total.day / DAY)
        out->day = (struct outbound_count){0};
}

int64_t outbound_memory_read_at(struct outbound_memory *memory, struct slice name)
{
    const struct entry *entry = lru_find(memory->names, lru_key(&name, 1), clock_mono_s());
    return entry && entry->read_ms ? entry->read_ms : INT64_MIN;
}

// Counts of a later span replace those of an earlier one; what belongs to an earlier one comes too late.
static void add_span(int64_t *span, struct outbound_count *count, int64_t of,
                     const struct outbound_count *added)
{
    if (of > *span) {
        *span = of;
        *count = (struct outbound_count){0};
    }
    if (of < *span)
        return;
    count->messages += added->messages;
    count->recipients += added->recipients;
}

void outbound_memory_add(struct outbound_memory *memory, struct slice name, int64_t hour,
                         const struct outbound_count *added)
{
    struct entry *entry = obtain(memory, name);
    if (!entry)
        return;
    add_span(&entry->total.hour, &entry->total.counts.hour, hour, added);
    add_span(&entry->total.day, &entry->total.counts.day, hour / DAY * DAY, added);
}

void outbound_memory_set(struct outbound_memory *memory, struct slice name,
                         const struct outbound_total *total, int64_t now_ms)
{
    struct entry *entry = obtain(memory, name);
    if (!entry)
        return;
    entry->total = total ? *total : (struct outbound_total){.hour = 0};
    entry->read_ms = now_ms > 0 ? now_ms : 1;
}

size_t outbound_memory_count(const struct outbound_memory *memory)
{
    return lru_count(memory->names);
}
