// SPDX-License-Identifier: BSD-2-Clause
// Asynchronous DNS look-ups over libunbound, with a bounded cache and a deadline each. Hostile answers are
// bounded here.
#ifndef DNS_RESOLVER_H
#define DNS_RESOLVER_H

#include "base/slice.h"

#include <event2/event.h>
#include <stdint.h>

struct resolver;
struct resolver_query; // one look-up under way

enum resolver_type {
    RESOLVER_A = 1,
    RESOLVER_PTR = 12,
    RESOLVER_MX = 15,
    RESOLVER_TXT = 16,
    RESOLVER_AAAA = 28
};

enum resolver_rc {
    RESOLVER_FOUND,
    RESOLVER_NONE,    // NXDOMAIN or no such record
    RESOLVER_FAILED,  // SERVFAIL, a broken answer, no server
    RESOLVER_TIMEOUT, // the deadline passed
};

#define RESOLVER_RECORDS_MAX 128
#define RESOLVER_TEXT_MAX 4097

struct resolver_answer {
    enum resolver_rc rc;
    unsigned count;                          // records in `data`, at most RESOLVER_RECORDS_MAX
    bool truncated;                          // there were more records than are kept: over that number, or
                                             // more than 32 KB
    struct slice data[RESOLVER_RECORDS_MAX]; // rdata as on the wire, names in it uncompressed; of TXT the
                                             // strings joined, cut at RESOLVER_TEXT_MAX
    int64_t ttl;                             // seconds that are left
};

struct resolver_spec {
    const char *servers;    // "ip[@port]" separated by blanks or commas; empty: /etc/resolv.conf
    int64_t timeout_ms;     // the deadline of a look-up
    int64_t max_ttl;        // seconds; caps what records and negative answers say
    unsigned cache_max;     // names kept
    unsigned under_way_max; // look-ups at once; one more fails at once
};

// Returns NULL with a line for people in `problem`. Opens no socket before the first look-up.
struct resolver *resolver_create(struct event_base *base, const struct resolver_spec *spec, char *problem,
                                 size_t size);

// No callback runs any more; look-ups under way are freed. Not to be called from a callback.
void resolver_destroy(struct resolver *resolver);

// `answer` is valid until the callback returns.
typedef void (*resolver_callback)(const struct resolver_answer *answer, void *arg);

// Looks `name` (no closing dot, labels of any bytes but NUL) up. From the cache the callback runs before the
// call returns, and the call returns NULL; so it does, with RESOLVER_FAILED, for a name that cannot be asked
// (dns_name_fold_bytes) and for one look-up too many. Else it returns the look-up, whose callback runs once,
// unless it is cancelled. Equal look-ups under way share one. What failed or timed out is not asked again for
// 5 s or the timeout, whichever is less.
struct resolver_query *resolver_ask(struct resolver *resolver, const char *name, enum resolver_type type,
                                    resolver_callback callback, void *arg);

// The same from the cache only: the callback runs before the call returns true, or not at all.
bool resolver_peek(struct resolver *resolver, const char *name, enum resolver_type type,
                   resolver_callback callback, void *arg);

// The same past the cache, for a caller who must know how it is now. The answer goes into the cache.
struct resolver_query *resolver_refresh(struct resolver *resolver, const char *name, enum resolver_type type,
                                        resolver_callback callback, void *arg);

// The callback will not run. Its answer, if it comes, still goes into the cache.
void resolver_cancel(struct resolver_query *query);

#endif
