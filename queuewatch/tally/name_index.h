// SPDX-License-Identifier: BSD-2-Clause
// Names to numbers, for very many names: 16 bytes an entry, and the names in one text.
#ifndef QUEUEWATCH_TALLY_NAME_INDEX_H
#define QUEUEWATCH_TALLY_NAME_INDEX_H

#include "base/slice.h"

#include <stdint.h>

struct name_index_entry {
    uint32_t at, len; // of the name, in the text
    uint32_t hash;
    uint32_t value;
};

// Zeroed it is empty.
struct name_index {
    char *text;
    size_t text_len, text_size;
    struct name_index_entry *entries; // in the order in which they were added
    size_t count, size;
    uint32_t *slots; // of entries, from 1; 0: free
    size_t slot_count;
};

void name_index_finish(struct name_index *index);

// The entry of a name, NULL where there is none. Its place in `entries` is the same for good.
struct name_index_entry *name_index_find(const struct name_index *index, struct slice name);

// Adds a name that is not in it. Out of memory ends the process. The entry is valid until the next one is
// added.
struct name_index_entry *name_index_add(struct name_index *index, struct slice name, uint32_t value);

static inline struct slice name_index_name(const struct name_index *index,
                                           const struct name_index_entry *entry)
{
    return slice_make(index->text + entry->at, entry->len);
}

#endif
