// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/instance.h"

#include "base/clock.h"

#include <stdlib.h>

// A transaction lives no longer than an SMTP session; the bound holds many more than any host has at once.
enum { LIFETIME_S = 3600, INSTANCES_MAX = 8192, FURTHER_MAX = 20000 };

struct instances {
    struct recent *known;
    struct recent *further; // counted in a transaction of many domains: no value
};

struct instances *instances_create(void)
{
    struct instances *instances = calloc(1, sizeof *instances);
    if (!instances)
        return NULL;
    instances->known = recent_create(INSTANCES_MAX, sizeof(struct instance));
    instances->further = recent_create(FURTHER_MAX, 0);
    if (instances->known && instances->further)
        return instances;
    instances_destroy(instances);
    return NULL;
}

void instances_destroy(struct instances *instances)
{
    if (!instances)
        return;
    recent_destroy(instances->known);
    recent_destroy(instances->further);
    free(instances);
}

struct instance *instances_of(struct instances *instances, const struct envelope *envelope)
{
    const struct slice text = slice_from(envelope->instance);
    const int64_t now = clock_mono_ms() / 1000;
    if (text.len == 0)
        return NULL;
    const struct recent_key key = recent_key(&text, 1);
    struct instance *instance = recent_obtain(instances->known, key, now, now + LIFETIME_S);
    if (instance) {
        instance->all = instances;
        instance->id = key.low;
    }
    return instance;
}

void instance_recall(const struct instance *instance, struct decide_facts *facts,
                     struct dnsbl_result *listing)
{
    *facts = instance ? instance->facts : (struct decide_facts){.has_dnsbl = false};
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

void instance_remember(struct instance *instance, const struct decide_facts *facts,
                       const struct dnsbl_result *listing)
{
    if (!instance)
        return;
    instance->facts = *facts;
    instance->weight = listing->weight;
    copy_cut(listing->zone, instance->zone, sizeof instance->zone);
    copy_cut(listing->text, instance->text, sizeof instance->text);
}

static bool further_first(const struct instance *instance, uint64_t domain, unsigned metric)
{
    const int64_t now = clock_mono_ms() / 1000;
    const struct recent_key key = {(instance->id ^ domain) + metric, domain};
    if (recent_find(instance->all->further, key, now))
        return false;
    (void)recent_put(instance->all->further, key, now + LIFETIME_S);
    return true;
}

bool instance_first(struct instance *instance, struct slice domain, unsigned metric)
{
    const uint64_t name = recent_key(&domain, 1).low | 1;
    const uint64_t bit = UINT64_C(1) << metric;
    if (!instance)
        return true;
    for (size_t i = 0; i < INSTANCE_DOMAINS_MAX; i++) {
        if (instance->counted[i].domain != 0 && instance->counted[i].domain != name)
            continue;
        const bool first = !(instance->counted[i].metrics & bit);
        instance->counted[i].domain = name;
        instance->counted[i].metrics |= bit;
        return first;
    }
    return further_first(instance, name, metric);
}
