// SPDX-License-Identifier: BSD-2-Clause
// Answers by question, the least recently used dropped first; bounded in number and bytes. Times are
// milliseconds of clock_mono_ms.
#ifndef RESOLVER_ANSWER_CACHE_H
#define RESOLVER_ANSWER_CACHE_H

#include "dns/dns_answer.h"
#include "dns/dns_name.h"

struct answer_cache;
struct answer_cache_entry; // counted: it lives until its last holder lets go of it

// An average entry may have this many bytes before the bytes, not the number, bound the cache.
#define ANSWER_CACHE_ENTRY_BYTES 512

// Out of memory ends the process.
struct answer_cache *answer_cache_create(unsigned entries_max);

// A copy, held for the caller. Returns NULL if out of memory.
struct answer_cache_entry *answer_cache_entry_create(const struct dns_question *question,
                                                     const struct dns_answer *answer);

void answer_cache_destroy(struct answer_cache *cache);

// Keeps `answer` until `expires`, in place of an older one to the same question.
void answer_cache_put(struct answer_cache *cache, struct answer_cache_entry *answer, int64_t expires);

// Returns an answer that is held for the caller, or NULL.
struct answer_cache_entry *answer_cache_hold(struct answer_cache *cache, const struct dns_question *question,
                                             int64_t now);

// Lets go of an answer that was created or held. NULL is allowed.
void answer_cache_entry_release(struct answer_cache_entry *answer);

// The answer as a caller of the resolver sees it, with the seconds left at `now`; its records are `answer`'s.
void answer_cache_entry_view(const struct answer_cache_entry *answer, int64_t now, struct dns_answer *out);

#endif
