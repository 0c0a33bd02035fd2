// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/tally/watch_list.h"

#include "base/address.h"
#include "base/memory.h"
#include "base/slice_hash.h"
#include "directory/store_address.h"
#include "queuewatch/postfix/flush_log.h"
#include "queuewatch/tally/name_index.h"

#include <stdio.h>
#include <stdlib.h>

struct watch_domain {
    uint32_t name; // its entry in `names`
    int64_t late_after, alert_messages;
};

struct watch_list {
    struct name_index names; // of domains, to the target of mail for the customer's server
    struct name_index logs;  // of flush logs
    struct watch_domain *domains;
    uint32_t count, size;
    uint64_t hash;
};

struct watch_list *watch_list_create(void)
{
    return memory_or_exit(calloc(1, sizeof(struct watch_list)));
}

void watch_list_destroy(struct watch_list *list)
{
    if (!list)
        return;
    name_index_finish(&list->names);
    name_index_finish(&list->logs);
    free(list->domains);
    free(list);
}

static void add_hash(struct watch_list *list, struct slice text, int64_t number)
{
    list->hash = slice_hash(text, list->hash);
    list->hash = slice_hash(slice_make((const char *)&number, sizeof number), list->hash);
}

static void add_log(struct watch_list *list, struct slice name, const char *tail, uint32_t target)
{
    char domain[WATCH_NAME_MAX], file[WATCH_NAME_MAX];
    snprintf(domain, sizeof domain, "%.*s%s", (int)name.len, name.ptr, tail);
    if (!flush_log_name(slice_from(domain), file, sizeof file))
        return;
    struct name_index_entry *entry = name_index_find(&list->logs, slice_from(file));
    if (!entry)
        name_index_add(&list->logs, slice_from(file), target);
    else if (entry->value != target)
        entry->value = WATCH_SEVERAL;
}

// A name that another domain has stays that one's.
static bool add_name(struct watch_list *list, struct slice name, uint32_t target)
{
    if (name.len == 0 || name.len > ADDRESS_DOMAIN_MAX || name_index_find(&list->names, name))
        return false;
    name_index_add(&list->names, name, target);
    add_log(list, name, "", target);
    return true;
}

void watch_list_add_domain(struct watch_list *list, struct slice name, struct slice alternate_name,
                           int64_t alert_minutes, int64_t alert_messages)
{
    const uint32_t target = 2 * list->count;
    if (target >= WATCH_TARGETS_MAX || !add_name(list, name, target))
        return;
    if (list->count == list->size) {
        list->size = list->size > 0 ? 2 * list->size : 64;
        list->domains = memory_or_exit(reallocarray(list->domains, list->size, sizeof *list->domains));
    }
    list->domains[list->count++] = (struct watch_domain){.name = (uint32_t)list->names.count - 1,
                                                         .late_after = alert_minutes * 60,
                                                         .alert_messages = alert_messages};
    add_log(list, name, STORE_ADDRESS_TAIL, target + 1);
    (void)add_name(list, alternate_name, target);
    add_hash(list, name, alert_minutes);
    add_hash(list, alternate_name, alert_messages);
}

void watch_list_add_alias(struct watch_list *list, struct slice name, struct slice domain)
{
    const struct name_index_entry *entry = name_index_find(&list->names, domain);
    if (!entry)
        return;
    const uint32_t target = entry->value; // the entries move when they grow
    if (add_name(list, name, target))
        add_hash(list, name, target);
}

struct watch_list_mark watch_list_mark(const struct watch_list *list)
{
    return (struct watch_list_mark){.hash = list->hash, .names = list->names.count};
}

uint32_t watch_list_target(const struct watch_list *list, struct slice domain)
{
    char folded[WATCH_NAME_MAX];
    struct slice of;
    if (!slice_copy_lower(domain, folded, sizeof folded))
        return WATCH_NONE;
    const bool is_store = store_address_domain(slice_from(folded), &of);
    const struct name_index_entry *entry = name_index_find(&list->names, is_store ? of : slice_from(folded));
    return entry ? entry->value + is_store : WATCH_NONE;
}

uint32_t watch_list_log(const struct watch_list *list, struct slice file, uint32_t *log)
{
    const struct name_index_entry *entry = name_index_find(&list->logs, file);
    if (!entry)
        return WATCH_NONE;
    *log = (uint32_t)(entry - list->logs.entries);
    return entry->value;
}

uint32_t watch_list_logs(const struct watch_list *list)
{
    return (uint32_t)list->logs.count;
}

uint32_t watch_list_targets(const struct watch_list *list)
{
    return 2 * list->count;
}

size_t watch_list_name(const struct watch_list *list, uint32_t target, char out[WATCH_NAME_MAX])
{
    const struct slice name =
        name_index_name(&list->names, &list->names.entries[list->domains[target / 2].name]);
    const int len = snprintf(out, WATCH_NAME_MAX, "%.*s%s", (int)name.len, name.ptr,
                             target % 2 ? STORE_ADDRESS_TAIL : "");
    return (size_t)len;
}

int64_t watch_list_late_after(const struct watch_list *list, uint32_t target)
{
    return list->domains[target / 2].late_after;
}

int64_t watch_list_alert_messages(const struct watch_list *list, uint32_t target)
{
    return list->domains[target / 2].alert_messages;
}
