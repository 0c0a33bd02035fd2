// SPDX-License-Identifier: BSD-2-Clause
#include "directory/expansion.h"

#include <stdio.h>

// Bytes that can be a delimiter (setting recipient_delimiter); most addresses have none, and need no look.
static const char delimiter_bytes[] = "-+=_.#~";

static bool is_alias(const struct directory_snapshot *rows, struct slice local, struct slice domain)
{
    char address[ADDRESS_MAX + 1];
    struct slice target;
    size_t count;
    if (local.len + 1 + domain.len > ADDRESS_MAX)
        return false;
    memcpy(address, local.ptr, local.len);
    address[local.len] = '@';
    memcpy(address + local.len + 1, domain.ptr, domain.len);
    return directory_aliases(rows, slice_make(address, local.len + 1 + domain.len), &target, 1, &count) !=
           DIRECTORY_NOT_FOUND;
}

static bool may_have_extension(const struct directory_snapshot *rows, struct slice local)
{
    char base[ADDRESS_MAX + 1];
    struct slice delimiters = SLICE("+");
    for (size_t i = 0; i < local.len; i++)
        if (memchr(delimiter_bytes, local.ptr[i], sizeof delimiter_bytes - 1))
            return directory_setting(rows, "recipient_delimiter", &delimiters) == DIRECTORY_UNAVAILABLE ||
                   recipient_base(local, delimiters, base);
    return false;
}

bool expansion_may_lead_on(const struct directory_snapshot *rows, struct slice local,
                           const struct domain_row *domain)
{
    return is_alias(rows, local, domain->name) || may_have_extension(rows, local);
}

static bool is_named(const struct expansion_domains *domains, struct slice name)
{
    for (size_t i = 0; i < domains->count; i++)
        if (slice_equal(domains->names[i], name))
            return true;
    return false;
}

bool expansion_next_domain(const struct expansion *expansion, struct expansion_domains *domains)
{
    while (domains->next < expansion->count) {
        const struct expansion_item *item = &expansion->items[domains->next++];
        if (!item->known || item->kind == RECIPIENT_UNKNOWN ||
            slice_equal(item->row.name, expansion->items[0].row.name))
            continue;
        domains->item = item;
        domains->repeated = is_named(domains, item->row.name);
        domains->crowded = !domains->repeated && domains->count == EXPANSION_DOMAINS_MAX;
        if (!domains->repeated && !domains->crowded)
            domains->names[domains->count++] = item->row.name;
        return true;
    }
    return false;
}
