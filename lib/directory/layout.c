// SPDX-License-Identifier: BSD-2-Clause
#include "directory/layout.h"

#include "directory/whitelist_entry.h"

const char *layout_table_name(unsigned table)
{
    static const char *const derived[] = {"name", "network", "meta"};
    return table < DIRECTORY_KINDS ? schema_kinds[table].name : derived[table - DIRECTORY_KINDS];
}

static bool append(struct row_key *key, const void *bytes, size_t len)
{
    if (len > sizeof key->bytes - key->len)
        return false;
    if (len > 0)
        memcpy(key->bytes + key->len, bytes, len);
    key->len += len;
    return true;
}

bool layout_prefix(struct slice first, struct row_key *out)
{
    out->len = 0;
    return append(out, first.ptr, first.len) && append(out, "", 1);
}

bool layout_network_key(struct slice domain, const struct cidr *network, struct slice entry,
                        struct row_key *out)
{
    char family = network->base.bits == 32 ? '4' : '6';
    return layout_prefix(domain, out) && append(out, &family, 1) &&
           append(out, network->base.bytes, network->base.bits / 8U) && append(out, &network->prefix, 1) &&
           append(out, entry.ptr, entry.len);
}

bool layout_network_of(struct slice key, struct cidr *out)
{
    struct slice domain, tail;
    size_t len;
    if (!slice_split(key, '\0', &domain, &tail) || tail.len < 1)
        return false;
    *out = (struct cidr){.base = {.bits = tail.ptr[0] == '4' ? 32 : 128}};
    len = out->base.bits / 8U;
    if (tail.len < 1 + len + 1)
        return false;
    memcpy(out->base.bytes, tail.ptr + 1, len);
    out->prefix = (uint8_t)tail.ptr[1 + len];
    return true;
}

// A name may belong to a domain in two ways at once; the source keeps the two entries apart.
static bool derive_name(struct slice name, char source, struct slice domain, struct layout_derived *out)
{
    out->table = LAYOUT_NAME;
    out->value = domain;
    return name.len > 0 && layout_prefix(name, &out->key) && append(&out->key, &source, 1) &&
           append(&out->key, domain.ptr, domain.len);
}

static bool derive_network(const struct whitelist_row *row, struct layout_derived *out)
{
    struct whitelist_entry entry;
    out->table = LAYOUT_NETWORK;
    out->value = row->entry;
    return whitelist_entry_parse(row->entry, &entry) && entry.kind == WHITELIST_ENTRY_NETWORK &&
           layout_network_key(row->domain, &entry.network, row->entry, &out->key);
}

bool layout_derive(enum directory_kind kind, const union schema_row *row, struct layout_derived *out)
{
    switch (kind) {
    case DIRECTORY_DOMAIN:
        return derive_name(row->domain.alternate_name, 'n', row->domain.name, out);
    case DIRECTORY_DOMAIN_ALIAS:
        return derive_name(row->domain_alias.name, 'a', row->domain_alias.domain, out);
    case DIRECTORY_WHITELIST:
        return derive_network(&row->whitelist, out);
    default:
        return false;
    }
}
