// SPDX-License-Identifier: BSD-2-Clause
// One HTTP request, or one mail message handed to an SMTP server, by libcurl's multi interface on libevent's
// loop. TLS 1.2 or later with a verified certificate, no redirect, no proxy, and a connection of its own for
// each: libcurl sends a request again by itself when a kept connection turns out to be closed.
#ifndef TRANSFER_TRANSFER_H
#define TRANSFER_TRANSFER_H

#include "transfer/transfer_spec.h"

#include <event2/event.h>

struct transfer_pool;
struct transfer;

// The strings of `spec` are borrowed. Returns NULL if out of memory.
struct transfer_pool *transfer_pool_create(struct event_base *base, const struct transfer_pool_spec *spec);
// All its transfers must have ended or be cancelled. NULL is allowed.
void transfer_pool_destroy(struct transfer_pool *pool);

// Copies what it needs of `spec`. Returns NULL if out of memory; then there is no callback.
struct transfer *transfer_start(struct transfer_pool *pool, const struct transfer_spec *spec);
// The peer may have got it all the same.
void transfer_cancel(struct transfer *transfer);

#endif
