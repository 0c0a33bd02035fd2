// SPDX-License-Identifier: BSD-2-Clause
// Asynchronous DNS look-ups over libunbound, with a bounded cache and a deadline each. Hostile answers are
// bounded here.
#ifndef RESOLVER_RESOLVER_H
#define RESOLVER_RESOLVER_H

#include "base/problem.h"
#include "dns/dns_answer.h"
#include "resolver/resolver_spec.h"

#include <event2/event.h>

struct resolver;
struct resolver_query; // one look-up in flight

// Returns NULL with a human-readable message in `problem`. Opens no socket before the first look-up.
struct resolver *resolver_create(struct event_base *base, const struct resolver_spec *spec,
                                 struct problem *problem);

// No callback runs any more; look-ups in flight are freed. Not to be called from a callback.
void resolver_destroy(struct resolver *resolver);

// `answer` is valid until the callback returns.
typedef void (*resolver_callback)(const struct dns_answer *answer, void *arg);

// Looks `name` (no closing dot, labels of any bytes but NUL) up. From the cache the callback runs before the
// call returns, and the call returns NULL; so it does, with DNS_FAILED, for a name that cannot be asked
// (dns_name_fold_bytes) and for one look-up too many. Else it returns the look-up, whose callback runs once,
// unless it is cancelled. Equal look-ups in flight share one. What failed or timed out is not asked again for
// 5 s or the timeout, whichever is less.
struct resolver_query *resolver_ask(struct resolver *resolver, const char *name, enum dns_type type,
                                    resolver_callback callback, void *arg);

// The same from the cache only: the callback runs before the call returns true, or not at all.
bool resolver_peek(struct resolver *resolver, const char *name, enum dns_type type,
                   resolver_callback callback, void *arg);

// The same past the cache, for a caller that needs the present state. The answer goes into the cache.
struct resolver_query *resolver_refresh(struct resolver *resolver, const char *name, enum dns_type type,
                                        resolver_callback callback, void *arg);

// The callback will not run. Its answer, if it comes, still goes into the cache.
void resolver_cancel(struct resolver_query *query);

#endif
