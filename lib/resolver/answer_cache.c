// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/answer_cache.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct answer_cache_entry {
    unsigned holders;
    enum dns_rc rc;
    bool truncated;
    int64_t expires;
    size_t size; // of this allocation
    UT_hash_handle hh;
    unsigned count;
    struct slice data[]; // then the bytes they point to, then the bytes of the question
};

struct answer_cache {
    struct answer_cache_entry *entries; // in the order of use
    unsigned entries_max;
    size_t bytes, bytes_max;
};

struct answer_cache *answer_cache_create(unsigned entries_max)
{
    struct answer_cache *cache = memory_or_exit(calloc(1, sizeof *cache));
    cache->entries_max = entries_max;
    cache->bytes_max = (size_t)entries_max * ANSWER_CACHE_ENTRY_BYTES;
    return cache;
}

static void drop(struct answer_cache *cache, struct answer_cache_entry *answer)
{
    HASH_DEL(cache->entries, answer);
    cache->bytes -= answer->size;
    answer_cache_entry_release(answer);
}

void answer_cache_destroy(struct answer_cache *cache)
{
    if (!cache)
        return;
    while (cache->entries)
        drop(cache, cache->entries);
    free(cache);
}

struct answer_cache_entry *answer_cache_entry_create(const struct dns_question *question,
                                                     const struct dns_answer *answer)
{
    size_t key = dns_question_size(question);
    size_t bytes = 0;
    for (unsigned i = 0; i < answer->count; i++)
        bytes += answer->data[i].len;
    size_t size = sizeof(struct answer_cache_entry) + answer->count * sizeof(struct slice) + bytes + key;
    struct answer_cache_entry *kept = calloc(1, size);
    if (!kept)
        return NULL;
    kept->holders = 1;
    kept->rc = answer->rc;
    kept->truncated = answer->truncated;
    kept->size = size;
    kept->count = answer->count;
    char *place = (char *)&kept->data[answer->count];
    for (unsigned i = 0; i < answer->count; i++) {
        memcpy(place, answer->data[i].ptr, answer->data[i].len);
        kept->data[i] = slice_make(place, answer->data[i].len);
        place += answer->data[i].len;
    }
    memcpy(place, question, key);
    kept->hh.key = place;
    kept->hh.keylen = (unsigned)key;
    return kept;
}

void answer_cache_entry_release(struct answer_cache_entry *answer)
{
    if (answer && --answer->holders == 0)
        free(answer);
}

void answer_cache_put(struct answer_cache *cache, struct answer_cache_entry *answer, int64_t expires)
{
    struct answer_cache_entry *old = NULL;
    HASH_FIND(hh, cache->entries, answer->hh.key, answer->hh.keylen, old);
    if (old)
        drop(cache, old);
    answer->expires = expires;
    answer->holders++;
    cache->bytes += answer->size;
    HASH_ADD_KEYPTR(hh, cache->entries, answer->hh.key, answer->hh.keylen, answer);
    while (cache->entries &&
           (HASH_COUNT(cache->entries) > cache->entries_max || cache->bytes > cache->bytes_max))
        drop(cache, cache->entries);
}

struct answer_cache_entry *answer_cache_hold(struct answer_cache *cache, const struct dns_question *question,
                                             int64_t now)
{
    struct answer_cache_entry *found = NULL;
    HASH_FIND(hh, cache->entries, question, (unsigned)dns_question_size(question), found);
    if (!found)
        return NULL;
    if (found->expires <= now) {
        drop(cache, found);
        return NULL;
    }
    // Deleted and added again it is the last in uthash's order, which is that of insertion.
    HASH_DEL(cache->entries, found);
    HASH_ADD_KEYPTR(hh, cache->entries, found->hh.key, found->hh.keylen, found);
    found->holders++;
    return found;
}

void answer_cache_entry_view(const struct answer_cache_entry *answer, int64_t now, struct dns_answer *out)
{
    out->rc = answer->rc;
    out->truncated = answer->truncated;
    out->count = answer->count;
    memcpy(out->data, answer->data, answer->count * sizeof answer->data[0]);
    out->ttl = answer->expires > now ? (answer->expires - now) / 1000 : 0;
}
