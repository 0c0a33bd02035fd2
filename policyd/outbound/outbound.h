// SPDX-License-Identifier: BSD-2-Clause
// Counts of what logins send, for their limits: one pool of all nodes in PostgreSQL, of which this node has a
// copy. Mail never waits for the database, except a refusal, which is confirmed by counts of a moment ago.
// While the database is away the node counts by itself, and what it counted is added later.
#ifndef POLICYD_OUTBOUND_OUTBOUND_H
#define POLICYD_OUTBOUND_OUTBOUND_H

#include "pg/pg.h"
#include "policyd/decide/policy_facts.h"

struct outbound;
struct outbound_ask;

struct outbound_spec {
    const char *node;
    int64_t timeout_ms; // of a round trip
    struct pg_spec database;
};

// Returns NULL if out of memory. The strings are borrowed.
struct outbound *outbound_create(struct event_base *base, const struct outbound_spec *spec);
void outbound_destroy(struct outbound *outbound);

// The counts of a mailbox and its domain as this node has them. Counts that are older than two seconds are
// read again, for the next look. Returns whether they are those of all nodes of a moment ago.
bool outbound_look(struct outbound *outbound, struct slice login, struct slice domain,
                   struct outbound_facts *out);

// Reads them from the database now; then, or if that does not answer in time, the callback runs. Returns
// NULL, and calls nothing, while the database is away: the counts of outbound_look are the best there are.
struct outbound_ask *outbound_ask(struct outbound *outbound, struct slice login, struct slice domain,
                                  void (*callback)(void *arg), void *arg);

// The callback will not run.
void outbound_cancel(struct outbound_ask *ask);

// Counts a message with so many recipients.
void outbound_sent(struct outbound *outbound, struct slice login, struct slice domain, int64_t recipients);

// Counts a message that a limit of `name` refused: the login, or its domain.
void outbound_refused(struct outbound *outbound, struct slice name, struct slice domain);

// Sends all counts and calls `done` when the database has them or cannot be reached.
void outbound_flush(struct outbound *outbound, void (*done)(void *arg), void *arg);

// Brings the gauges up to date.
void outbound_refresh(const struct outbound *outbound);

#endif
