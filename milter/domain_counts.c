// SPDX-License-Identifier: BSD-2-Clause
#include "milter/domain_counts.h"

#include "base/address.h"

#include <pthread.h>
#include <stdlib.h>
#include <utlist.h>

struct domain_counts_entry {
    struct domain_counts_entry *next;
    const char *metric;
    uint64_t amount;
    char domain[ADDRESS_DOMAIN_MAX + 1];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct domain_counts_entry *posted;

void domain_counts_note(struct domain_counts *counts, struct slice domain, const char *metric,
                        uint64_t amount)
{
    struct domain_counts_entry *entry;
    LL_FOREACH(counts->entries, entry)
    if (entry->metric == metric && slice_equal(domain, slice_from(entry->domain)))
        return;
    entry = calloc(1, sizeof *entry);
    if (!entry)
        return;
    entry->metric = metric;
    entry->amount = amount;
    (void)slice_copy(domain, entry->domain, sizeof entry->domain);
    LL_PREPEND(counts->entries, entry);
}

void domain_counts_note_domains(struct domain_counts *counts, const struct domain_counts *domains,
                                const char *metric, uint64_t amount)
{
    const struct domain_counts_entry *entry;
    LL_FOREACH(domains->entries, entry)
    domain_counts_note(counts, slice_from(entry->domain), metric, amount);
}

void domain_counts_post(struct domain_counts *counts)
{
    if (!counts->entries)
        return;
    pthread_mutex_lock(&lock);
    LL_CONCAT(counts->entries, posted); // walks the message's own few entries
    posted = counts->entries;
    pthread_mutex_unlock(&lock);
    counts->entries = NULL;
}

static void drop_list(struct domain_counts_entry *list)
{
    struct domain_counts_entry *entry, *next;
    LL_FOREACH_SAFE(list, entry, next)
    free(entry);
}

void domain_counts_drop(struct domain_counts *counts)
{
    drop_list(counts->entries);
    counts->entries = NULL;
}

void domain_counts_collect(struct activity *activity)
{
    struct domain_counts_entry *entry, *list;
    pthread_mutex_lock(&lock);
    list = posted;
    posted = NULL;
    pthread_mutex_unlock(&lock);
    LL_FOREACH(list, entry)
    activity_add(activity, slice_from(entry->domain), entry->metric, entry->amount);
    drop_list(list);
}
