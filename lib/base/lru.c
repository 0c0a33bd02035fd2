// SPDX-License-Identifier: BSD-2-Clause
#include "base/lru.h"

#include <stdlib.h>
#include <sys/random.h>
#include <xxhash.h>

enum { CHUNK_ENTRIES = 512, SLOTS_FIRST = 64 };

// Entries are numbered from 1; 0 is none.
struct entry {
    struct lru_key key;
    uint32_t expires;
    uint32_t older, newer; // in the order of use; `newer` also links spare entries
    _Alignas(8) char value[];
};

// Half of the slots are free, so a look-up reads one or two of them, and then the entry alone: each read of
// another entry would be a cache miss.
struct slot {
    uint32_t hash; // the low bits of the key, which is a hash already
    uint32_t entry;
};

struct lru {
    size_t max, count;
    size_t entry_size;
    char **chunks; // of CHUNK_ENTRIES entries each
    size_t chunk_count;
    struct slot *slots; // open addressing with linear probing
    size_t mask;        // the number of slots, a power of two, less 1
    uint32_t oldest, newest, spare;
};

static uint64_t process_seed(void)
{
    static uint64_t seed;
    while (seed == 0)
        if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
            seed = (uint64_t)(uintptr_t)&seed;
    return seed;
}

struct lru_key lru_key(const struct slice *parts, size_t count)
{
    char text[LRU_KEY_TEXT_MAX];
    size_t len = 0;
    for (size_t i = 0; i < count && len < sizeof text; i++) {
        const size_t room = sizeof text - len - 1;
        const size_t take = parts[i].len < room ? parts[i].len : room;
        if (take > 0)
            memcpy(text + len, parts[i].ptr, take);
        len += take;
        text[len++] = '\0'; // so that "a" "bc" is not "ab" "c"
    }
    const XXH128_hash_t hash = XXH3_128bits_withSeed(text, len, process_seed());
    return (struct lru_key){hash.low64, hash.high64};
}

static struct entry *entry_at(const struct lru *lru, uint32_t number)
{
    const size_t n = number - 1;
    return (struct entry *)(void *)(lru->chunks[n / CHUNK_ENTRIES] + n % CHUNK_ENTRIES * lru->entry_size);
}

struct lru *lru_create(size_t max, size_t value_size)
{
    struct lru *lru = calloc(1, sizeof *lru);
    if (!lru)
        return NULL;
    lru->max = max ? max : 1;
    lru->entry_size = (sizeof(struct entry) + value_size + 7) / 8 * 8;
    lru->mask = SLOTS_FIRST - 1;
    lru->slots = calloc(SLOTS_FIRST, sizeof *lru->slots);
    lru->chunks = calloc(lru->max / CHUNK_ENTRIES + 1, sizeof *lru->chunks);
    if (lru->slots && lru->chunks)
        return lru;
    lru_destroy(lru);
    return NULL;
}

void lru_destroy(struct lru *lru)
{
    if (!lru)
        return;
    for (size_t i = 0; i < lru->chunk_count; i++)
        free(lru->chunks[i]);
    free(lru->chunks);
    free(lru->slots);
    free(lru);
}

// ---- the index ----

// The slot that has the key, or the free one in which it belongs.
static struct slot *find_slot(const struct lru *lru, const struct lru_key *key)
{
    const uint32_t hash = (uint32_t)key->low;
    size_t at = hash & lru->mask;
    for (; lru->slots[at].entry; at = (at + 1) & lru->mask) {
        if (lru->slots[at].hash != hash)
            continue;
        const struct entry *entry = entry_at(lru, lru->slots[at].entry);
        if (entry->key.low == key->low && entry->key.high == key->high)
            break;
    }
    return &lru->slots[at];
}

// Frees a slot and moves those after it that would no longer be found.
static void free_slot(struct lru *lru, const struct slot *slot)
{
    size_t hole = (size_t)(slot - lru->slots);
    for (size_t at = (hole + 1) & lru->mask; lru->slots[at].entry; at = (at + 1) & lru->mask) {
        const size_t home = lru->slots[at].hash & lru->mask;
        if (((at - home) & lru->mask) < ((at - hole) & lru->mask))
            continue;
        lru->slots[hole] = lru->slots[at];
        hole = at;
    }
    lru->slots[hole].entry = 0;
}

// Doubles the slots. Returns false if out of memory.
static bool grow(struct lru *lru)
{
    const size_t mask = 2 * lru->mask + 1;
    struct slot *slots = calloc(mask + 1, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i <= lru->mask; i++) {
        size_t at = lru->slots[i].hash & mask;
        while (lru->slots[i].entry && slots[at].entry)
            at = (at + 1) & mask;
        if (lru->slots[i].entry)
            slots[at] = lru->slots[i];
    }
    free(lru->slots);
    lru->slots = slots;
    lru->mask = mask;
    return true;
}

// ---- the order of use ----

static void set_newer(struct lru *lru, uint32_t number, uint32_t newer)
{
    *(number ? &entry_at(lru, number)->newer : &lru->oldest) = newer;
}

static void set_older(struct lru *lru, uint32_t number, uint32_t older)
{
    *(number ? &entry_at(lru, number)->older : &lru->newest) = older;
}

static void unlink_entry(struct lru *lru, const struct entry *entry)
{
    set_newer(lru, entry->older, entry->newer);
    set_older(lru, entry->newer, entry->older);
}

static void append(struct lru *lru, uint32_t number)
{
    struct entry *entry = entry_at(lru, number);
    entry->older = lru->newest;
    entry->newer = 0;
    set_newer(lru, lru->newest, number);
    lru->newest = number;
}

static struct entry *touch(struct lru *lru, uint32_t number)
{
    struct entry *entry = entry_at(lru, number);
    if (number != lru->newest) {
        unlink_entry(lru, entry);
        append(lru, number);
    }
    return entry;
}

// ---- entries ----

static void give_back(struct lru *lru, uint32_t number)
{
    entry_at(lru, number)->newer = lru->spare;
    lru->spare = number;
}

static bool add_chunk(struct lru *lru)
{
    const size_t first = lru->chunk_count * CHUNK_ENTRIES;
    char *chunk = first < lru->max ? malloc(CHUNK_ENTRIES * lru->entry_size) : NULL;
    if (!chunk)
        return false;
    lru->chunks[lru->chunk_count++] = chunk;
    for (size_t i = CHUNK_ENTRIES; i > 0; i--)
        give_back(lru, (uint32_t)(first + i));
    return true;
}

static void drop(struct lru *lru, const struct slot *slot)
{
    const uint32_t number = slot->entry;
    unlink_entry(lru, entry_at(lru, number));
    free_slot(lru, slot);
    give_back(lru, number);
    lru->count--;
}

static void drop_oldest(struct lru *lru)
{
    drop(lru, find_slot(lru, &entry_at(lru, lru->oldest)->key));
}

// A zeroed entry, the newest; NULL if out of memory.
static struct entry *create(struct lru *lru, const struct lru_key *key)
{
    if (lru->count >= lru->max || (2 * lru->count > lru->mask && !grow(lru)))
        drop_oldest(lru);
    if (!lru->spare && !add_chunk(lru))
        return NULL;
    const uint32_t number = lru->spare;
    struct entry *entry = entry_at(lru, number);
    lru->spare = entry->newer;
    memset(entry, 0, lru->entry_size);
    entry->key = *key;
    *find_slot(lru, key) = (struct slot){(uint32_t)key->low, number};
    append(lru, number);
    lru->count++;
    return entry;
}

void *lru_find(struct lru *lru, struct lru_key key, int64_t now)
{
    const struct slot *slot = find_slot(lru, &key);
    if (!slot->entry)
        return NULL;
    if (entry_at(lru, slot->entry)->expires <= now) {
        drop(lru, slot);
        return NULL;
    }
    return touch(lru, slot->entry)->value;
}

static void *set_end(struct entry *entry, int64_t expires)
{
    if (!entry)
        return NULL;
    entry->expires = expires > UINT32_MAX ? UINT32_MAX : (uint32_t)expires;
    return entry->value;
}

void *lru_put(struct lru *lru, struct lru_key key, int64_t expires)
{
    const uint32_t number = find_slot(lru, &key)->entry;
    return set_end(number ? touch(lru, number) : create(lru, &key), expires);
}

void *lru_obtain(struct lru *lru, struct lru_key key, int64_t now, int64_t expires)
{
    void *value = lru_find(lru, key, now);
    return value ? value : set_end(create(lru, &key), expires);
}

void lru_remove(struct lru *lru, struct lru_key key)
{
    const struct slot *slot = find_slot(lru, &key);
    if (slot->entry)
        drop(lru, slot);
}

size_t lru_count(const struct lru *lru)
{
    return lru->count;
}
