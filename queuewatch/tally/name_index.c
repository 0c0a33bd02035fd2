// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/tally/name_index.h"

#include "base/memory.h"
#include "base/slice_hash.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 64, FIRST_TEXT = 1024 };

void name_index_finish(struct name_index *index)
{
    free(index->text);
    free(index->entries);
    free(index->slots);
    *index = (struct name_index){0};
}

static uint32_t hash_of(struct slice name)
{
    return (uint32_t)slice_hash(name, 0);
}

static struct name_index_entry *find(const struct name_index *index, struct slice name, uint32_t hash)
{
    if (index->slot_count == 0)
        return NULL;
    for (size_t at = hash & (index->slot_count - 1); index->slots[at] != 0;
         at = (at + 1) & (index->slot_count - 1)) {
        struct name_index_entry *entry = &index->entries[index->slots[at] - 1];
        if (entry->hash == hash && slice_equal(name_index_name(index, entry), name))
            return entry;
    }
    return NULL;
}

struct name_index_entry *name_index_find(const struct name_index *index, struct slice name)
{
    return find(index, name, hash_of(name));
}

static void put_slot(struct name_index *index, size_t number)
{
    size_t at = index->entries[number].hash & (index->slot_count - 1);
    while (index->slots[at] != 0)
        at = (at + 1) & (index->slot_count - 1);
    index->slots[at] = (uint32_t)number + 1;
}

// Twice as many slots as entries, at least.
static void grow_slots(struct name_index *index)
{
    if (index->slot_count > 2 * index->count)
        return;
    index->slot_count = index->slot_count > 0 ? 2 * index->slot_count : FIRST_SLOTS;
    free(index->slots);
    index->slots = memory_or_exit(calloc(index->slot_count, sizeof *index->slots));
    for (size_t i = 0; i < index->count; i++)
        put_slot(index, i);
}

static void grow_entries(struct name_index *index)
{
    if (index->count < index->size)
        return;
    index->size = index->size > 0 ? 2 * index->size : FIRST_SLOTS;
    index->entries = memory_or_exit(reallocarray(index->entries, index->size, sizeof *index->entries));
}

static uint32_t add_text(struct name_index *index, struct slice name)
{
    const size_t at = index->text_len;
    if (at + name.len > UINT32_MAX)
        memory_exhausted();
    while (index->text_size < at + name.len || !index->text) {
        index->text_size = index->text_size > 0 ? 2 * index->text_size : FIRST_TEXT;
        index->text = memory_or_exit(realloc(index->text, index->text_size));
    }
    memcpy(index->text + at, name.ptr, name.len);
    index->text_len += name.len;
    return (uint32_t)at;
}

struct name_index_entry *name_index_add(struct name_index *index, struct slice name, uint32_t value)
{
    grow_slots(index);
    grow_entries(index);
    struct name_index_entry *entry = &index->entries[index->count];
    *entry = (struct name_index_entry){
        .at = add_text(index, name), .len = (uint32_t)name.len, .hash = hash_of(name), .value = value};
    put_slot(index, index->count++);
    return entry;
}
