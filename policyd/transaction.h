// SPDX-License-Identifier: BSD-2-Clause
// Memory of SMTP transactions, by Postfix's `instance`: one decision per transaction, counted once, however
// often its recipients, stages and repeated requests ask.
#ifndef POLICYD_TRANSACTION_H
#define POLICYD_TRANSACTION_H

#include "base/lru.h"
#include "policyd/decide/policy_decide.h"

#define TRANSACTION_DOMAINS_MAX 4 // domains whose counts are in the entry; those of others are kept apart

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

// Returns NULL if out of memory.
struct transactions *transactions_create(void);
void transactions_destroy(struct transactions *transactions);

// The key of the transaction with this instance; of an empty one the key of no transaction.
struct lru_key transaction_key(struct slice instance);

// The memory of a transaction, new if there is none yet. NULL if out of memory, or for the key of no
// transaction. Valid until the next call: keep the key, not the pointer, while waiting.
struct transaction *transactions_obtain(struct transactions *transactions, struct lru_key key);

// Reads the facts known so far; none if `transaction` is NULL.
void transaction_recall(const struct transaction *transaction, struct policy_facts *facts,
                        struct dnsbl_result *listing);

// Keeps the facts found out. `transaction` may be NULL.
void transaction_remember(struct transaction *transaction, const struct policy_facts *facts,
                          const struct dnsbl_result *listing);

// Those of `metrics`, one bit each, that are to be counted for `domain`: each once per transaction; all if
// `transaction` is NULL.
uint64_t transaction_first(struct transaction *transaction, struct slice domain, uint64_t metrics);

#endif
