// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/transaction.h"

#include "base/clock.h"

#include <stdlib.h>

// A transaction lives no longer than an SMTP session; the bound holds many more than any host has at once.
enum { LIFETIME_S = 3600, TRANSACTIONS_MAX = 8192, FURTHER_MAX = 20000 };

struct transactions {
    struct lru *known;
    struct lru *further; // uint64_t metrics of the other domains that a transaction has counted for
};

struct transactions *transactions_create(void)
{
    struct transactions *transactions = calloc(1, sizeof *transactions);
    if (!transactions)
        return NULL;
    transactions->known = lru_create(TRANSACTIONS_MAX, sizeof(struct transaction));
    transactions->further = lru_create(FURTHER_MAX, sizeof(uint64_t));
    if (transactions->known && transactions->further)
        return transactions;
    transactions_destroy(transactions);
    return NULL;
}

void transactions_destroy(struct transactions *transactions)
{
    if (!transactions)
        return;
    lru_destroy(transactions->known);
    lru_destroy(transactions->further);
    free(transactions);
}

struct lru_key transaction_key(struct slice instance)
{
    return instance.len ? lru_key(&instance, 1) : (struct lru_key){.low = 0};
}

struct transaction *transactions_obtain(struct transactions *transactions, struct lru_key key)
{
    const int64_t now = clock_mono_s();
    if (key.low == 0 && key.high == 0)
        return NULL;
    struct transaction *transaction = lru_obtain(transactions->known, key, now, now + LIFETIME_S);
    if (transaction) {
        transaction->all = transactions;
        transaction->id = key.low;
    }
    return transaction;
}

void transaction_recall(const struct transaction *transaction, struct policy_facts *facts,
                        struct dnsbl_result *listing)
{
    *facts = transaction ? transaction->facts : (struct policy_facts){.has_dnsbl = false};
    listing->outcome = facts->dnsbl;
    listing->weight = transaction ? transaction->weight : 0;
    (void)slice_copy(slice_from(transaction ? transaction->zone : NULL), listing->zone, sizeof listing->zone);
    (void)slice_copy(slice_from(transaction ? transaction->text : NULL), listing->text, sizeof listing->text);
}

static void copy_cut(const char *in, char *out, size_t size)
{
    struct slice text = slice_from(in);
    if (text.len >= size)
        text.len = size - 1;
    (void)slice_copy(text, out, size);
}

void transaction_remember(struct transaction *transaction, const struct policy_facts *facts,
                          const struct dnsbl_result *listing)
{
    if (!transaction)
        return;
    transaction->facts = *facts;
    transaction->weight = listing->weight;
    copy_cut(listing->zone, transaction->zone, sizeof transaction->zone);
    copy_cut(listing->text, transaction->text, sizeof transaction->text);
}

static uint64_t *further_metrics(const struct transaction *transaction, uint64_t domain)
{
    const int64_t now = clock_mono_s();
    const struct lru_key key = {transaction->id ^ domain, domain};
    return lru_obtain(transaction->all->further, key, now, now + LIFETIME_S);
}

// The metrics that were counted for the domain; NULL if out of memory.
static uint64_t *counted_metrics(struct transaction *transaction, uint64_t domain)
{
    for (size_t i = 0; i < TRANSACTION_DOMAINS_MAX; i++) {
        if (transaction->counted[i].domain != 0 && transaction->counted[i].domain != domain)
            continue;
        transaction->counted[i].domain = domain;
        return &transaction->counted[i].metrics;
    }
    return further_metrics(transaction, domain);
}

uint64_t transaction_first(struct transaction *transaction, struct slice domain, uint64_t metrics)
{
    uint64_t *counted = transaction ? counted_metrics(transaction, lru_key(&domain, 1).low | 1) : NULL;
    if (!counted)
        return metrics;
    const uint64_t first = metrics & ~*counted;
    *counted |= metrics;
    return first;
}
