// SPDX-License-Identifier: BSD-2-Clause
// What was decided in an SMTP transaction, by Postfix's `instance`: one decision a transaction, counted once,
// however often its recipients, stages and re-sent requests ask.
#ifndef POLICYD_TRANSACTION_H
#define POLICYD_TRANSACTION_H

#include "base/lru.h"
#include "policyd/decide/policy_decide.h"

#define TRANSACTION_DOMAINS_MAX 4 // domains whose counts stand in the entry; those of further ones beside it

struct transactions;

struct transaction {
    struct transactions *all;
    uint64_t id;
    struct policy_facts facts;
    int64_t weight;
    char zone[64];
    char text[128];
    struct {
        uint64_t domain;  // its hash; 0: free
        uint64_t metrics; // one bit each
    } counted[TRANSACTION_DOMAINS_MAX];
};

// Returns NULL without memory.
struct transactions *transactions_create(void);
void transactions_destroy(struct transactions *instances);

// The memory of the envelope's transaction, made where there is none; NULL for an empty instance or without
// memory. Valid until the next call.
struct transaction *transactions_of(struct transactions *instances, const struct envelope *envelope);

// What is known so far; `instance` may be NULL, then nothing is.
void transaction_recall(const struct transaction *instance, struct policy_facts *facts,
                        struct dnsbl_result *listing);

// Keeps what was found out; `instance` may be NULL.
void transaction_remember(struct transaction *instance, const struct policy_facts *facts,
                          const struct dnsbl_result *listing);

// Whether metric number `metric` (0 … 63) is to be counted for `domain` now: true once a transaction, and
// always with `instance` NULL.
bool transaction_first(struct transaction *instance, struct slice domain, unsigned metric);

#endif
