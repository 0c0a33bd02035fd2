// SPDX-License-Identifier: BSD-2-Clause
// Looks a client up in all DNS lists at once and adds up their weights. A list that lists everything, or
// stopped answering, is left out until it works again.
#ifndef POLICYD_DNSBL_DNSBL_H
#define POLICYD_DNSBL_DNSBL_H

#include "base/cidr.h"
#include "directory/directory.h"
#include "policyd/decide/policy_facts.h"
#include "resolver/resolver.h"

struct dnsbl;
struct dnsbl_check; // a pending look-up of one client

typedef void (*dnsbl_callback)(const struct dnsbl_result *result, void *arg);

// `resolver` is borrowed; destroy it later than this. Returns NULL only if out of memory.
struct dnsbl *dnsbl_create(struct event_base *base, struct resolver *resolver);

// Cancels pending look-ups. Not to be called from a callback.
void dnsbl_destroy(struct dnsbl *dnsbl);

// A listing counts only if the list was found not to list everything (by its test entry, RFC 5782 section 5,
// within the last minute), so that no client is refused because a list closed.
//
// Uses the lists and the threshold in `rows` (not used after the call). If all answers are cached the
// callback runs before the call returns, and the call returns NULL. Otherwise the callback runs once, at the
// latest `deadline_ms` from now, with the answers known by then.
struct dnsbl_check *dnsbl_ask(struct dnsbl *dnsbl, const struct directory_snapshot *rows,
                              const struct ip *client, int64_t deadline_ms, dnsbl_callback callback,
                              void *arg);

// The callback will not run.
void dnsbl_cancel(struct dnsbl_check *check);

// Calls `visit` with the name of each list and of its state (dnsbl_state_name). Returns false, without a
// call, while no client was looked up yet, so that the rows were not read.
bool dnsbl_visit(const struct dnsbl *dnsbl, void (*visit)(const char *zone, const char *state, void *arg),
                 void *arg) __attribute__((warn_unused_result));

#endif
