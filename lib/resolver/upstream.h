// SPDX-License-Identifier: BSD-2-Clause
// Setup of libunbound for the resolver: a forwarder without a cache of its own, on the daemon's
// loop.
#ifndef RESOLVER_UPSTREAM_H
#define RESOLVER_UPSTREAM_H

#include "base/problem.h"
#include "resolver/resolver_spec.h"

struct event_base;
struct ub_ctx;

// Ready for ub_resolve_event; the caller frees it with ub_ctx_delete. Returns NULL with a human-readable
// message in `problem`.
struct ub_ctx *upstream_create(struct event_base *base, const struct resolver_spec *spec,
                               struct problem *problem);

#endif
