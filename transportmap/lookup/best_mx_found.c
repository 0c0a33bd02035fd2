// SPDX-License-Identifier: BSD-2-Clause
#include "transportmap/lookup/best_mx_found.h"

#include "base/address.h"

#define HASH_NONFATAL_OOM 1
#include <stdlib.h>
#include <uthash.h>

struct entry {
    UT_hash_handle hh;
    size_t len;
    char domain[ADDRESS_DOMAIN_MAX + 1];
};

struct best_mx_found {
    struct entry *entries;
};

struct best_mx_found *best_mx_found_create(void)
{
    return calloc(1, sizeof(struct best_mx_found));
}

void best_mx_found_destroy(struct best_mx_found *found)
{
    struct entry *entry, *next;
    if (!found)
        return;
    entry = found->entries;
    HASH_CLEAR(hh, found->entries); // the index alone
    for (; entry; entry = next) {
        next = entry->hh.next;
        free(entry);
    }
    free(found);
}

static struct entry *find(const struct best_mx_found *found, struct slice domain)
{
    struct entry *entry = NULL;
    if (found->entries)
        HASH_FIND(hh, found->entries, domain.ptr, domain.len, entry);
    return entry;
}

static void add(struct best_mx_found *found, struct slice domain)
{
    struct entry *entry = HASH_COUNT(found->entries) < BEST_MX_FOUND_MAX ? calloc(1, sizeof *entry) : NULL;
    if (entry && slice_copy(domain, entry->domain, sizeof entry->domain)) {
        entry->len = domain.len;
        HASH_ADD(hh, found->entries, domain, entry->len, entry);
        if (entry->hh.tbl)
            return;
    }
    free(entry);
}

void best_mx_found_set(struct best_mx_found *found, struct slice domain, bool ours)
{
    struct entry *entry = find(found, domain);
    if (ours && !entry) {
        add(found, domain);
    } else if (!ours && entry) {
        HASH_DEL(found->entries, entry);
        free(entry);
    }
}

bool best_mx_found_has(const struct best_mx_found *found, struct slice domain)
{
    return find(found, domain) != NULL;
}
