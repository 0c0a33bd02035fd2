// SPDX-License-Identifier: BSD-2-Clause
#include "base/lru.h"

#include "base/memory.h"

#include <stdlib.h>
#include <sys/random.h>

// If out of memory for the hash table an entry is not added; the process goes on.
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(entry) ((entry)->added = false)
// The keys are hashes already.
#define HASH_FUNCTION(key, len, hashv)                                                                       \
    ((hashv) = (unsigned)((const struct lru_key *)(const void *)(key))->low)

#include <uthash.h>
#include <xxhash.h>

struct entry {
    struct lru_key key;
    uint32_t expires;
    bool added;
    UT_hash_handle hh; // uthash keeps the order of adding, which is the order of use here
    char value[];
};

enum { CHUNK_ENTRIES = 512 };

// Entries come by the chunk: malloc's own bytes would be a sixth of a small one.
struct chunk {
    struct chunk *next;
    char entries[];
};

struct lru {
    struct entry *entries;
    size_t max;
    size_t entry_size;
    struct chunk *chunks;
    struct entry *spare; // linked by hh.next
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

struct lru *lru_create(size_t max, size_t value_size)
{
    struct lru *lru = memory_or_exit(calloc(1, sizeof *lru));
    lru->max = max ? max : 1;
    lru->entry_size = sizeof(struct entry) + (value_size + 7) / 8 * 8;
    return lru;
}

static void give_back(struct lru *lru, struct entry *entry)
{
    entry->hh.next = lru->spare;
    lru->spare = entry;
}

static bool add_chunk(struct lru *lru)
{
    struct chunk *chunk = malloc(sizeof *chunk + CHUNK_ENTRIES * lru->entry_size);
    if (!chunk)
        return false;
    chunk->next = lru->chunks;
    lru->chunks = chunk;
    for (size_t i = 0; i < CHUNK_ENTRIES; i++)
        give_back(lru, (struct entry *)(void *)(chunk->entries + i * lru->entry_size));
    return true;
}

// A zeroed entry, or NULL if out of memory.
static struct entry *take_spare(struct lru *lru)
{
    if (!lru->spare && !add_chunk(lru))
        return NULL;
    struct entry *entry = lru->spare;
    lru->spare = entry->hh.next;
    memset(entry, 0, lru->entry_size);
    return entry;
}

static void drop(struct lru *lru, struct entry *entry)
{
    HASH_DEL(lru->entries, entry); // NOLINT(clang-analyzer-core.NullDereference): it is in the table
    give_back(lru, entry);
}

void lru_destroy(struct lru *lru)
{
    if (!lru)
        return;
    HASH_CLEAR(hh, lru->entries);
    while (lru->chunks) {
        struct chunk *chunk = lru->chunks;
        lru->chunks = chunk->next;
        free(chunk);
    }
    free(lru);
}

static struct entry *lookup(struct lru *lru, const struct lru_key *key)
{
    struct entry *entry = NULL;
    HASH_FIND(hh, lru->entries, key, sizeof *key, entry);
    return entry;
}

static bool add(struct lru *lru, struct entry *entry)
{
    entry->added = true;
    HASH_ADD(hh, lru->entries, key, sizeof entry->key, entry);
    return entry->added;
}

// Moves an entry to the end of the order, as the one used last.
static struct entry *touch(struct lru *lru, struct entry *entry)
{
    if (!entry->hh.next)
        return entry;
    HASH_DEL(lru->entries, entry);
    if (add(lru, entry))
        return entry;
    give_back(lru, entry);
    return NULL;
}

void *lru_find(struct lru *lru, struct lru_key key, int64_t now)
{
    struct entry *entry = lookup(lru, &key);
    if (!entry)
        return NULL;
    if (entry->expires <= now) {
        drop(lru, entry);
        return NULL;
    }
    entry = touch(lru, entry);
    return entry ? entry->value : NULL;
}

static struct entry *create(struct lru *lru, const struct lru_key *key)
{
    if (HASH_COUNT(lru->entries) >= lru->max)
        drop(lru, lru->entries);
    struct entry *entry = take_spare(lru);
    if (!entry)
        return NULL;
    entry->key = *key;
    if (add(lru, entry))
        return entry;
    give_back(lru, entry);
    return NULL;
}

static void set_end(struct entry *entry, int64_t expires)
{
    entry->expires = expires > UINT32_MAX ? UINT32_MAX : (uint32_t)expires;
}

void *lru_put(struct lru *lru, struct lru_key key, int64_t expires)
{
    struct entry *entry = lookup(lru, &key);
    entry = entry ? touch(lru, entry) : create(lru, &key);
    if (!entry)
        return NULL;
    set_end(entry, expires);
    return entry->value;
}

void *lru_obtain(struct lru *lru, struct lru_key key, int64_t now, int64_t expires)
{
    void *value = lru_find(lru, key, now);
    if (value)
        return value;
    struct entry *entry = create(lru, &key);
    if (!entry)
        return NULL;
    set_end(entry, expires);
    return entry->value;
}

void lru_remove(struct lru *lru, struct lru_key key)
{
    struct entry *entry = lookup(lru, &key);
    if (entry)
        drop(lru, entry);
}

size_t lru_count(const struct lru *lru)
{
    return HASH_COUNT(lru->entries);
}
