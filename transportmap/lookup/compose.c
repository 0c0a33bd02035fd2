// SPDX-License-Identifier: BSD-2-Clause
#include "transportmap/lookup/compose.h"

#include "directory/store_address.h"

struct list {
    char *out;
    size_t size, len, count;
    bool full;
    bool unstorable; // an address is in the store alone, and the store has no name for it
};

static void put(struct list *list, struct slice text)
{
    if (text.len >= list->size - list->len) {
        list->full = true;
        return;
    }
    memcpy(list->out + list->len, text.ptr, text.len);
    list->len += text.len;
    list->out[list->len] = '\0';
}

static void begin(struct list *list)
{
    if (list->count++ > 0)
        put(list, SLICE(","));
    list->full = list->full || list->count > EXPANSION_MAX;
}

static void put_address(struct list *list, const struct expansion_item *item)
{
    begin(list);
    put(list, item->local);
    put(list, SLICE("@"));
    put(list, item->domain.name);
}

static void put_copies(struct list *list, const struct expansion_item *item)
{
    char store[STORE_ADDRESS_MAX + 1];
    const bool relayed = !item->known || item->domain.relayed;
    const bool stored = item->known && item->domain.stored && item->kind != RECIPIENT_VERIFIED;
    if (relayed)
        put_address(list, item);
    if (stored && store_address_compose(item->user, item->extension, item->domain.name, store)) {
        begin(list);
        put(list, slice_from(store));
    } else if (!relayed) {
        list->unstorable = true;
    }
}

static enum compose_rc finish(const struct list *list, size_t *len)
{
    *len = list->len;
    if (list->full)
        return COMPOSE_TOO_MANY;
    if (list->unstorable)
        return COMPOSE_UNSTORABLE;
    return list->count > 0 ? COMPOSE_OK : COMPOSE_NONE;
}

enum compose_rc compose_recipients(const struct expansion *expansion, char *out, size_t size, size_t *len)
{
    struct list list = {.out = out, .size = size};
    for (size_t i = 0; i < expansion->count && !list.full; i++)
        if (expansion->items[i].end)
            put_copies(&list, &expansion->items[i]);
    return finish(&list, len);
}

static bool is_seen(const char *const *seen, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (seen[i] == text)
            return true;
    return false;
}

enum compose_rc compose_logins(const struct expansion *expansion, char *out, size_t size, size_t *len)
{
    struct list list = {.out = out, .size = size};
    const char *seen[EXPANSION_MAX]; // within one snapshot a row's text is in one place
    for (size_t i = 0; i < expansion->count && !list.full; i++) {
        const struct slice mailbox = expansion->items[i].mailbox;
        if (mailbox.len == 0 || is_seen(seen, list.count, mailbox.ptr))
            continue;
        seen[list.count] = mailbox.ptr;
        begin(&list);
        put(&list, mailbox);
    }
    return finish(&list, len);
}
