// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/transaction.h"

#include "base/clock.h"

#include <stdlib.h>

// A transaction lives no longer than an SMTP session; the bound holds many more than any host has at once.
enum { LIFETIME_S = 3600, INSTANCES_MAX = 8192, FURTHER_MAX = 20000 };

struct transactions {
    struct lru *known;
    struct lru *further; // counted in a transaction of many domains: no value
};

struct transactions *transactions_create(void)
{
    struct transactions *instances = calloc(1, sizeof *instances);
    if (!instances)
        return NULL;
    instances->known = lru_create(INSTANCES_MAX, sizeof(struct transaction));
    instances->further = lru_create(FURTHER_MAX, 0);
    if (instances->known && instances->further)
        return instances;
    transactions_destroy(instances);
    return NULL;
}

void transactions_destroy(struct transactions *instances)
{
    if (!instances)
        return;
    lru_destroy(instances->known);
    lru_destroy(instances->further);
    free(instances);
}

struct transaction *transactions_of(struct transactions *instances, const struct envelope *envelope)
{
    const struct slice text = slice_from(envelope->instance);
    const int64_t now = clock_mono_ms() / 1000;
    if (text.len == 0)
        return NULL;
    const struct lru_key key = lru_key(&text, 1);
    struct transaction *instance = lru_obtain(instances->known, key, now, now + LIFETIME_S);
    if (instance) {
        instance->all = instances;
        instance->id = key.low;
    }
    return instance;
}

void transaction_recall(const struct transaction *instance, struct policy_facts *facts,
                        struct dnsbl_result *listing)
{
    *facts = instance ? instance->facts : (struct policy_facts){.has_dnsbl = false};
    listing->outcome = facts->dnsbl;
    listing->weight = instance ? instance->weight : 0;
    (void)slice_copy(slice_from(instance ? instance->zone : NULL), listing->zone, sizeof listing->zone);
    (void)slice_copy(slice_from(instance ? instance->text : NULL), listing->text, sizeof listing->text);
}

static void copy_cut(const char *in, char *out, size_t size)
{
    struct slice text = slice_from(in);
    if (text.len >= size)
        text.len = size - 1;
    (void)slice_copy(text, out, size);
}

void transaction_remember(struct transaction *instance, const struct policy_facts *facts,
                          const struct dnsbl_result *listing)
{
    if (!instance)
        return;
    instance->facts = *facts;
    instance->weight = listing->weight;
    copy_cut(listing->zone, instance->zone, sizeof instance->zone);
    copy_cut(listing->text, instance->text, sizeof instance->text);
}

static bool further_first(const struct transaction *instance, uint64_t domain, unsigned metric)
{
    const int64_t now = clock_mono_ms() / 1000;
    const struct lru_key key = {(instance->id ^ domain) + metric, domain};
    if (lru_find(instance->all->further, key, now))
        return false;
    (void)lru_put(instance->all->further, key, now + LIFETIME_S);
    return true;
}

bool transaction_first(struct transaction *instance, struct slice domain, unsigned metric)
{
    const uint64_t name = lru_key(&domain, 1).low | 1;
    const uint64_t bit = UINT64_C(1) << metric;
    if (!instance)
        return true;
    for (size_t i = 0; i < TRANSACTION_DOMAINS_MAX; i++) {
        if (instance->counted[i].domain != 0 && instance->counted[i].domain != name)
            continue;
        const bool first = !(instance->counted[i].metrics & bit);
        instance->counted[i].domain = name;
        instance->counted[i].metrics |= bit;
        return first;
    }
    return further_first(instance, name, metric);
}
