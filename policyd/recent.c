// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/recent.h"

#include <stdlib.h>
#include <sys/random.h>

// Without memory for the hash table an entry is not added; nothing exits.
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(entry) ((entry)->added = false)
// The keys are hashes already.
#define HASH_FUNCTION(key, len, hashv)                                                                       \
    ((hashv) = (unsigned)((const struct recent_key *)(const void *)(key))->low)

#include <uthash.h>
#include <xxhash.h>

// Short chains: each link followed is a cache miss, and a bucket is only 16 bytes.
#undef HASH_BKT_CAPACITY_THRESH
#define HASH_BKT_CAPACITY_THRESH 4U

struct entry {
    struct recent_key key;
    uint32_t expires;
    bool added;
    UT_hash_handle hh; // uthash keeps the order of adding, which is the order of use here
    char value[];
};

struct recent {
    struct entry *entries;
    size_t max;
    size_t value_size;
};

static uint64_t process_seed(void)
{
    static uint64_t seed;
    while (seed == 0)
        if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
            seed = (uint64_t)(uintptr_t)&seed;
    return seed;
}

struct recent_key recent_key(const struct slice *parts, size_t count)
{
    char text[RECENT_KEY_TEXT_MAX];
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
    return (struct recent_key){hash.low64, hash.high64};
}

struct recent *recent_create(size_t max, size_t value_size)
{
    struct recent *recent = calloc(1, sizeof *recent);
    if (recent) {
        recent->max = max ? max : 1;
        recent->value_size = value_size;
    }
    return recent;
}

static void drop(struct recent *recent, struct entry *entry)
{
    HASH_DEL(recent->entries, entry);
    free(entry);
}

void recent_destroy(struct recent *recent)
{
    if (!recent)
        return;
    while (recent->entries)
        drop(recent, recent->entries);
    free(recent);
}

static struct entry *lookup(struct recent *recent, const struct recent_key *key)
{
    struct entry *entry = NULL;
    HASH_FIND(hh, recent->entries, key, sizeof *key, entry);
    return entry;
}

static bool add(struct recent *recent, struct entry *entry)
{
    entry->added = true;
    HASH_ADD(hh, recent->entries, key, sizeof entry->key, entry);
    return entry->added;
}

// Moves an entry to the end of the order, as the one used last.
static struct entry *touch(struct recent *recent, struct entry *entry)
{
    if (!entry->hh.next)
        return entry;
    HASH_DEL(recent->entries, entry);
    if (add(recent, entry))
        return entry;
    free(entry);
    return NULL;
}

void *recent_find(struct recent *recent, struct recent_key key, int64_t now)
{
    struct entry *entry = lookup(recent, &key);
    if (!entry)
        return NULL;
    if (entry->expires <= now) {
        drop(recent, entry);
        return NULL;
    }
    entry = touch(recent, entry);
    return entry ? entry->value : NULL;
}

static struct entry *create(struct recent *recent, const struct recent_key *key)
{
    if (HASH_COUNT(recent->entries) >= recent->max)
        drop(recent, recent->entries);
    struct entry *entry = calloc(1, sizeof *entry + recent->value_size);
    if (!entry)
        return NULL;
    entry->key = *key;
    if (add(recent, entry))
        return entry;
    free(entry);
    return NULL;
}

static void set_end(struct entry *entry, int64_t expires)
{
    entry->expires = expires > UINT32_MAX ? UINT32_MAX : (uint32_t)expires;
}

void *recent_put(struct recent *recent, struct recent_key key, int64_t expires)
{
    struct entry *entry = lookup(recent, &key);
    entry = entry ? touch(recent, entry) : create(recent, &key);
    if (!entry)
        return NULL;
    set_end(entry, expires);
    return entry->value;
}

void *recent_obtain(struct recent *recent, struct recent_key key, int64_t now, int64_t expires)
{
    void *value = recent_find(recent, key, now);
    if (value)
        return value;
    struct entry *entry = create(recent, &key);
    if (!entry)
        return NULL;
    set_end(entry, expires);
    return entry->value;
}

void recent_remove(struct recent *recent, struct recent_key key)
{
    struct entry *entry = lookup(recent, &key);
    if (entry)
        drop(recent, entry);
}

size_t recent_count(const struct recent *recent)
{
    return HASH_COUNT(recent->entries);
}
