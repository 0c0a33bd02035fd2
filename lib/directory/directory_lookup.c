// SPDX-License-Identifier: BSD-2-Clause
#include "directory/directory.h"
#include "directory/directory_snapshot.h"
#include "directory/guard.h"

#include <stdio.h>

#define ENTRY_TEXT_MAX (SCHEMA_TEXT_MAX + 8)

static enum directory_rc find(const struct directory_snapshot *snapshot, enum directory_kind kind,
                              struct slice key, void *out)
{
    struct slice stored, value;
    if (!replica_get(snapshot->replica, kind, key, &stored, &value))
        return DIRECTORY_NOT_FOUND;
    return row_decode(kind, stored, value, out) ? DIRECTORY_OK : DIRECTORY_UNAVAILABLE;
}

enum directory_rc directory_plan(const struct directory_snapshot *snapshot, struct slice name,
                                 struct plan_row *out)
{
    return find(snapshot, DIRECTORY_PLAN, name, out);
}

enum directory_rc directory_domain(const struct directory_snapshot *snapshot, struct slice name,
                                   struct domain_row *out)
{
    return find(snapshot, DIRECTORY_DOMAIN, name, out);
}

enum directory_rc directory_mailbox(const struct directory_snapshot *snapshot, struct slice address,
                                    struct mailbox_row *out)
{
    return find(snapshot, DIRECTORY_MAILBOX, address, out);
}

enum directory_rc directory_domain_of(const struct directory_snapshot *snapshot, struct slice name,
                                      struct domain_row *out)
{
    const enum directory_rc rc = directory_domain(snapshot, name, out);
    struct slice key, domain;
    struct row_key prefix;
    if (rc != DIRECTORY_NOT_FOUND)
        return rc;
    if (name.len == 0 || !layout_prefix(name, &prefix) ||
        !replica_nth(snapshot->replica, LAYOUT_NAME, &prefix, 0, &key, &domain))
        return DIRECTORY_NOT_FOUND;
    return directory_domain(snapshot, domain, out);
}

enum directory_rc directory_setting(const struct directory_snapshot *snapshot, const char *name,
                                    struct slice *out)
{
    struct setting_row row;
    const enum directory_rc rc = find(snapshot, DIRECTORY_SETTING, slice_from(name), &row);
    if (rc == DIRECTORY_OK)
        *out = row.value;
    return rc;
}

int64_t directory_setting_number(const struct directory_snapshot *snapshot, const char *name,
                                 int64_t fallback)
{
    struct slice value;
    unsigned long long number;
    if (directory_setting(snapshot, name, &value) != DIRECTORY_OK)
        return fallback;
    const bool negative = value.len > 0 && value.ptr[0] == '-';
    if (!slice_number(negative ? slice_skip(value, 1) : value, INT64_MAX, &number))
        return fallback;
    return negative ? -(int64_t)number : (int64_t)number;
}

bool directory_setting_flag(const struct directory_snapshot *snapshot, const char *name, bool fallback)
{
    static const char *const yes[] = {"true", "on", "yes", "t", "1", NULL};
    static const char *const no[] = {"false", "off", "no", "f", "0", NULL};
    struct slice value;
    if (directory_setting(snapshot, name, &value) != DIRECTORY_OK)
        return fallback;
    for (size_t i = 0; yes[i]; i++) {
        if (slice_equal_nocase(value, slice_from(yes[i])))
            return true;
        if (slice_equal_nocase(value, slice_from(no[i])))
            return false;
    }
    return fallback;
}

enum directory_rc directory_dnsbl(const struct directory_snapshot *snapshot, size_t n, struct dnsbl_row *out)
{
    static const struct row_key all = {.len = 0};
    struct slice key, value;
    if (!replica_nth(snapshot->replica, DIRECTORY_DNSBL, &all, n, &key, &value))
        return DIRECTORY_NOT_FOUND;
    return row_decode(DIRECTORY_DNSBL, key, value, out) ? DIRECTORY_OK : DIRECTORY_UNAVAILABLE;
}

enum directory_rc directory_best_mx(const struct directory_snapshot *snapshot, struct slice domain,
                                    struct best_mx_row *out)
{
    return find(snapshot, DIRECTORY_BEST_MX, domain, out);
}

enum directory_rc directory_alias(const struct directory_snapshot *snapshot, struct slice address, size_t n,
                                  struct slice *target)
{
    struct slice key, value;
    struct row_key prefix;
    struct alias_row row;
    if (address.len == 0 || !layout_prefix(address, &prefix) ||
        !replica_nth(snapshot->replica, DIRECTORY_ALIAS, &prefix, n, &key, &value))
        return DIRECTORY_NOT_FOUND;
    if (!row_decode(DIRECTORY_ALIAS, key, value, &row))
        return DIRECTORY_UNAVAILABLE;
    *target = row.target;
    return DIRECTORY_OK;
}

enum directory_rc directory_aliases(const struct directory_snapshot *snapshot, struct slice address,
                                    struct slice *targets, size_t max, size_t *count)
{
    MDB_cursor *cursor = replica_cursor(snapshot->replica, DIRECTORY_ALIAS);
    struct row_key prefix;
    struct alias_row row;
    MDB_val k, v;
    int rc;
    *count = 0;
    if (address.len == 0 || !layout_prefix(address, &prefix))
        return DIRECTORY_NOT_FOUND;
    if (!cursor)
        return DIRECTORY_UNAVAILABLE;
    k = layout_val(layout_key_slice(&prefix));
    for (rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
         rc == 0 && *count < max && layout_starts_with(layout_slice(k), &prefix);
         rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT)) {
        if (!row_decode(DIRECTORY_ALIAS, layout_slice(k), layout_slice(v), &row))
            return DIRECTORY_UNAVAILABLE;
        targets[(*count)++] = row.target;
    }
    if (!guard_found(rc) && rc != MDB_NOTFOUND)
        return DIRECTORY_UNAVAILABLE;
    return *count > 0 ? DIRECTORY_OK : DIRECTORY_NOT_FOUND;
}

// The first row of the kind after `key`; an empty key begins.
static enum directory_rc find_after(const struct directory_snapshot *snapshot, enum directory_kind kind,
                                    struct slice key, void *out)
{
    MDB_cursor *cursor = replica_cursor(snapshot->replica, kind);
    MDB_val k = layout_val(key), v;
    if (!cursor || key.len > ROW_KEY_MAX)
        return DIRECTORY_UNAVAILABLE;
    int rc = mdb_cursor_get(cursor, &k, &v, key.len > 0 ? MDB_SET_RANGE : MDB_FIRST);
    if (rc == 0 && slice_equal(layout_slice(k), key))
        rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
    if (!guard_found(rc))
        return rc == MDB_NOTFOUND ? DIRECTORY_NOT_FOUND : DIRECTORY_UNAVAILABLE;
    return row_decode(kind, layout_slice(k), layout_slice(v), out) ? DIRECTORY_OK : DIRECTORY_UNAVAILABLE;
}

enum directory_rc directory_domain_after(const struct directory_snapshot *snapshot, struct slice name,
                                         struct domain_row *out)
{
    return find_after(snapshot, DIRECTORY_DOMAIN, name, out);
}

enum directory_rc directory_domain_alias_after(const struct directory_snapshot *snapshot, struct slice name,
                                               struct domain_alias_row *out)
{
    return find_after(snapshot, DIRECTORY_DOMAIN_ALIAS, name, out);
}

enum directory_rc directory_mailbox_after(const struct directory_snapshot *snapshot, struct slice address,
                                          struct mailbox_row *out)
{
    return find_after(snapshot, DIRECTORY_MAILBOX, address, out);
}

bool directory_has_whitelist(const struct directory_snapshot *snapshot, struct slice domain)
{
    struct slice key, value;
    struct row_key prefix;
    return domain.len > 0 && layout_prefix(domain, &prefix) &&
           replica_nth(snapshot->replica, DIRECTORY_WHITELIST, &prefix, 0, &key, &value);
}

bool directory_whitelisted(const struct directory_snapshot *snapshot, struct slice domain,
                           enum whitelist_kind kind, struct slice text)
{
    static const char *const tags[] = {
        [WHITELIST_ADDRESS] = "",   [WHITELIST_DOMAIN] = "",           [WHITELIST_BELOW] = ".",
        [WHITELIST_HOST] = "host:", [WHITELIST_HOST_BELOW] = "host:.",
    };
    char entry[ENTRY_TEXT_MAX];
    struct slice key, value;
    struct row_key wanted;
    if (text.len == 0 || text.len > SCHEMA_TEXT_MAX || memchr(text.ptr, '\0', text.len))
        return false;
    snprintf(entry, sizeof entry, "%s%.*s", tags[kind], (int)text.len, text.ptr);
    return row_key_of(DIRECTORY_WHITELIST, domain, slice_from(entry), &wanted) &&
           replica_get(snapshot->replica, DIRECTORY_WHITELIST, layout_key_slice(&wanted), &key, &value);
}

// The last network of the domain at or before `wanted`, in the order of base, then prefix.
static bool network_before(struct replica *replica, struct slice domain, const struct cidr *wanted,
                           struct cidr *network, struct slice *entry)
{
    // After each entry of that very network, whatever its text.
    static const struct slice highest = {"\xff", 1};
    MDB_cursor *cursor = replica_cursor(replica, LAYOUT_NETWORK);
    struct row_key key;
    MDB_val k, v;
    if (!cursor || !layout_network_key(domain, wanted, highest, &key))
        return false;
    k = layout_val(layout_key_slice(&key));
    int rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
    rc = mdb_cursor_get(cursor, &k, &v, rc == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
    key.len = domain.len + 2; // domain, NUL and family
    if (!guard_found(rc) || !layout_starts_with(layout_slice(k), &key))
        return false;
    *entry = layout_slice(v);
    return layout_network_of(layout_slice(k), network);
}

static uint8_t common_bits(const struct ip *a, const struct ip *b)
{
    uint8_t bits = 0;
    while (bits < a->bits && ((a->bytes[bits / 8] ^ b->bytes[bits / 8]) >> (7 - bits % 8) & 1) == 0)
        bits++;
    return bits;
}

// Networks nest or lie apart. So if the last one before the client does not hold it, one that does can be no
// longer than the bits which those two share: each step back is to a shorter prefix, and few are needed.
bool directory_whitelisted_client(const struct directory_snapshot *snapshot, struct slice domain,
                                  const struct ip *client, struct slice *entry)
{
    struct cidr wanted = cidr_of(client, client->bits), network;
    struct slice text;
    while (network_before(snapshot->replica, domain, &wanted, &network, &text)) {
        if (cidr_contains(&network, client)) {
            if (entry)
                *entry = text;
            return true;
        }
        wanted = cidr_of(client, common_bits(client, &network.base));
    }
    return false;
}
