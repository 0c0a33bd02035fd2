// SPDX-License-Identifier: BSD-2-Clause
#include "directory/whitelist.h"

#include "base/sender.h"

#define LABELS_MAX 16

// One domain's list, and where the entry that matched is written.
struct list {
    const struct directory_snapshot *rows;
    struct slice domain;
    char *entry;
};

static bool write_entry(const struct list *list, struct slice prefix, struct slice text)
{
    if (prefix.len + text.len >= WHITELIST_ENTRY_MAX)
        return false;
    memcpy(list->entry, prefix.ptr, prefix.len);
    return slice_copy(text, list->entry + prefix.len, WHITELIST_ENTRY_MAX - prefix.len);
}

static bool match_exact(const struct list *list, enum whitelist_kind kind, struct slice prefix,
                        struct slice text)
{
    return directory_whitelisted(list->rows, list->domain, kind, text) && write_entry(list, prefix, text);
}

static struct slice last_labels(struct slice name)
{
    size_t labels = 1;
    for (size_t at = name.len; at > 0; at--)
        if (name.ptr[at - 1] == '.' && labels++ == LABELS_MAX)
            return slice_skip(name, at);
    return name;
}

// `name` itself and each name that it is below, nearest first.
static bool match_below(const struct list *list, enum whitelist_kind kind, struct slice prefix,
                        struct slice name)
{
    struct slice label, rest = last_labels(name);
    while (rest.len) {
        if (match_exact(list, kind, prefix, rest))
            return true;
        slice_split(rest, '.', &label, &rest);
    }
    return false;
}

static bool match_address(const struct list *list, struct slice sender)
{
    char untagged[ADDRESS_MAX + 1];
    return match_exact(list, WHITELIST_ADDRESS, SLICE(""), sender) ||
           (sender_untagged(sender, untagged) &&
            match_exact(list, WHITELIST_ADDRESS, SLICE(""), slice_from(untagged)));
}

static bool match_sender(const struct list *list, struct slice sender)
{
    struct address parts;
    if (address_parse(sender, &parts) != ADDRESS_OK)
        return false;
    return match_address(list, sender) || match_exact(list, WHITELIST_DOMAIN, SLICE(""), parts.domain) ||
           match_below(list, WHITELIST_BELOW, SLICE("."), parts.domain);
}

static bool match_client(const struct list *list, const struct ip *client)
{
    struct slice entry;
    return client && directory_whitelisted_client(list->rows, list->domain, client, &entry) &&
           write_entry(list, SLICE(""), entry);
}

static bool match_host(const struct list *list, struct slice name)
{
    if (name.len == 0 || name.len > ADDRESS_DOMAIN_MAX || slice_equal(name, SLICE("unknown")))
        return false;
    return match_exact(list, WHITELIST_HOST, SLICE("host:"), name) ||
           match_below(list, WHITELIST_HOST_BELOW, SLICE("host:."), name);
}

bool whitelist_match(const struct directory_snapshot *rows, struct slice domain, struct slice sender,
                     const struct ip *client, struct slice client_name, char entry[WHITELIST_ENTRY_MAX])
{
    struct list list = {.rows = rows, .domain = domain, .entry = entry};
    entry[0] = '\0';
    return directory_has_whitelist(rows, domain) &&
           (match_sender(&list, sender) || match_client(&list, client) || match_host(&list, client_name));
}
