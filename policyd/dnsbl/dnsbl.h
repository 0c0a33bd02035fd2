// SPDX-License-Identifier: BSD-2-Clause
// Asks all DNS lists about a client at once and weighs what they say. A list that lists everything, or has
// stopped answering, is cut out until it behaves again.
#ifndef POLICYD_DNSBL_DNSBL_H
#define POLICYD_DNSBL_DNSBL_H

#include "base/cidr.h"
#include "directory/directory.h"
#include "policyd/decide/policy_facts.h"
#include "resolver/resolver.h"

struct dnsbl;
struct dnsbl_check; // one client's look-up under way

typedef void (*dnsbl_callback)(const struct dnsbl_result *result, void *arg);

// `resolver` is borrowed; destroy it later than this. Returns NULL only without memory.
struct dnsbl *dnsbl_create(struct event_base *base, struct resolver *resolver);

// Cancels what is under way. Not to be called from a callback.
void dnsbl_destroy(struct dnsbl *dnsbl);

// A listing counts only where the list is proved not to list everybody (its sentinel, RFC 5782 section 5, was
// asked within the last minute), so that nobody is refused because a list closed.
//
// Weighs `client` with the lists and threshold in `rows` (which is not used after the call). Where everything
// is known already the callback runs before the call returns, and the call returns NULL. Else the callback
// runs once, at the latest `deadline_ms` from now, with what was known by then.
struct dnsbl_check *dnsbl_ask(struct dnsbl *dnsbl, const struct directory_snapshot *rows,
                              const struct ip *client, int64_t deadline_ms, dnsbl_callback callback,
                              void *arg);

// The callback will not run.
void dnsbl_cancel(struct dnsbl_check *check);

#endif
