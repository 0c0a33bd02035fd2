// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/instance.h"

#include "base/clock.h"

#include <stdlib.h>

// A transaction lives no longer than an SMTP session; the bounds hold many more than any host has at once.
enum { LIFETIME_S = 3600, INSTANCES_MAX = 20000, COUNTED_MAX = 100000 };

struct memory {
    struct decide_facts facts;
    int64_t weight;
    char zone[64];
    char text[128];
};

struct instances {
    struct recent *known;   // struct memory by instance
    struct recent *counted; // by instance, domain and metric
};

struct instances *instances_create(void)
{
    struct instances *instances = calloc(1, sizeof *instances);
    if (!instances)
        return NULL;
    instances->known = recent_create(INSTANCES_MAX, sizeof(struct memory));
    instances->counted = recent_create(COUNTED_MAX, 0);
    if (instances->known && instances->counted)
        return instances;
    instances_destroy(instances);
    return NULL;
}

void instances_destroy(struct instances *instances)
{
    if (!instances)
        return;
    recent_destroy(instances->known);
    recent_destroy(instances->counted);
    free(instances);
}

static struct recent_key key_of(const struct envelope *envelope)
{
    const struct slice instance = slice_from(envelope->instance);
    return recent_key(&instance, 1);
}

void instances_recall(struct instances *instances, const struct envelope *envelope,
                      struct decide_facts *facts, struct dnsbl_result *listing)
{
    const struct memory *memory = NULL;
    *facts = (struct decide_facts){.has_dnsbl = false};
    listing->zone[0] = listing->text[0] = '\0';
    if (envelope->instance[0])
        memory = recent_find(instances->known, key_of(envelope), clock_mono_ms() / 1000);
    if (!memory)
        return;
    *facts = memory->facts;
    listing->outcome = memory->facts.dnsbl;
    listing->weight = memory->weight;
    (void)slice_copy(slice_from(memory->zone), listing->zone, sizeof listing->zone);
    (void)slice_copy(slice_from(memory->text), listing->text, sizeof listing->text);
}

static void copy_cut(const char *in, char *out, size_t size)
{
    struct slice text = slice_from(in);
    if (text.len >= size)
        text.len = size - 1;
    (void)slice_copy(text, out, size);
}

void instances_remember(struct instances *instances, const struct envelope *envelope,
                        const struct decide_facts *facts, const struct dnsbl_result *listing)
{
    if (!envelope->instance[0] || !(facts->has_dnsbl || facts->has_greylist))
        return;
    struct memory *memory =
        recent_put(instances->known, key_of(envelope), clock_mono_ms() / 1000 + LIFETIME_S);
    if (!memory)
        return;
    memory->facts = *facts;
    memory->weight = listing->weight;
    copy_cut(listing->zone, memory->zone, sizeof memory->zone);
    copy_cut(listing->text, memory->text, sizeof memory->text);
}

bool instances_first(struct instances *instances, const struct envelope *envelope, const char *domain,
                     const char *metric)
{
    if (!envelope->instance[0])
        return true;
    const struct slice parts[] = {slice_from(envelope->instance), slice_from(domain), slice_from(metric)};
    const struct recent_key key = recent_key(parts, 3);
    const int64_t now = clock_mono_ms() / 1000;
    if (recent_find(instances->counted, key, now))
        return false;
    (void)recent_put(instances->counted, key, now + LIFETIME_S);
    return true;
}
