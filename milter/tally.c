// SPDX-License-Identifier: BSD-2-Clause
#include "milter/tally.h"

#include "base/address.h"

#include <pthread.h>
#include <stdlib.h>
#include <utlist.h>

struct tally_entry {
    struct tally_entry *next;
    const char *metric;
    uint64_t amount;
    char domain[ADDRESS_DOMAIN_MAX + 1];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct tally_entry *posted;

void tally_note(struct tally *tally, struct slice domain, const char *metric, uint64_t amount)
{
    struct tally_entry *entry;
    LL_FOREACH(tally->entries, entry)
    if (entry->metric == metric && slice_equal(domain, slice_from(entry->domain)))
        return;
    entry = calloc(1, sizeof *entry);
    if (!entry)
        return;
    entry->metric = metric;
    entry->amount = amount;
    (void)slice_copy(domain, entry->domain, sizeof entry->domain);
    LL_PREPEND(tally->entries, entry);
}

void tally_note_domains(struct tally *tally, const struct tally *domains, const char *metric, uint64_t amount)
{
    const struct tally_entry *entry;
    LL_FOREACH(domains->entries, entry)
    tally_note(tally, slice_from(entry->domain), metric, amount);
}

void tally_post(struct tally *tally)
{
    if (!tally->entries)
        return;
    pthread_mutex_lock(&lock);
    LL_CONCAT(tally->entries, posted); // walks the message's own few entries
    posted = tally->entries;
    pthread_mutex_unlock(&lock);
    tally->entries = NULL;
}

static void drop_list(struct tally_entry *list)
{
    struct tally_entry *entry, *next;
    LL_FOREACH_SAFE(list, entry, next)
    free(entry);
}

void tally_drop(struct tally *tally)
{
    drop_list(tally->entries);
    tally->entries = NULL;
}

void tally_collect(struct activity *activity)
{
    struct tally_entry *entry, *list;
    pthread_mutex_lock(&lock);
    list = posted;
    posted = NULL;
    pthread_mutex_unlock(&lock);
    LL_FOREACH(list, entry)
    activity_add(activity, slice_from(entry->domain), entry->metric, entry->amount);
    drop_list(list);
}
