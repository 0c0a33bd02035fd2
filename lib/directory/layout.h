// SPDX-License-Identifier: BSD-2-Clause
// The databases of the LMDB environment: one per kind of row, two that are derived from rows, and one that
// holds the position of the replica. Raise DIRECTORY_LAYOUT with any change here or in schema.c.
//
//   setting … best_mx row key -> row value (row.h)
//   name              name NUL source domain -> domain: what an alias ("a") or alternate ("n") name stands
//   for network           domain NUL family base prefix entry -> entry: white-listed networks, in an order in
//                     which the networks that hold an address are found by a few steps back
//   meta              word -> text
#ifndef DIRECTORY_LAYOUT_H
#define DIRECTORY_LAYOUT_H

#include "base/cidr.h"
#include "directory/row.h"

#include <lmdb.h>

enum layout_table {
    // 0 … DIRECTORY_KINDS - 1: the kinds
    LAYOUT_NAME = DIRECTORY_KINDS,
    LAYOUT_NETWORK,
    LAYOUT_META,
    LAYOUT_TABLES
};

#define LAYOUT_META_LAYOUT "layout" // the word of `meta` that holds DIRECTORY_LAYOUT

// The name of a table's LMDB database.
const char *layout_table_name(unsigned table);

// An entry of `name` or `network` that a row gives rise to.
struct layout_derived {
    enum layout_table table;
    struct row_key key;
    struct slice value; // points into the row
};

// Returns false where the row gives rise to none.
bool layout_derive(enum directory_kind kind, const union schema_row *row, struct layout_derived *out)
    __attribute__((warn_unused_result));

// The key of `network` for an entry of a domain; false where it is too long.
bool layout_network_key(struct slice domain, const struct cidr *network, struct slice entry,
                        struct row_key *out) __attribute__((warn_unused_result));

// The network in such a key.
bool layout_network_of(struct slice key, struct cidr *out) __attribute__((warn_unused_result));

// `first` and a NUL: the prefix of all keys with that first field. Returns false if it is too long.
bool layout_prefix(struct slice first, struct row_key *out) __attribute__((warn_unused_result));

static inline MDB_val layout_val(struct slice bytes)
{
    return (MDB_val){bytes.len, (void *)bytes.ptr};
}

static inline struct slice layout_slice(MDB_val val)
{
    return slice_make(val.mv_data, val.mv_size);
}

static inline struct slice layout_key_slice(const struct row_key *key)
{
    return slice_make(key->bytes, key->len);
}

static inline bool layout_starts_with(struct slice key, const struct row_key *prefix)
{
    return key.len >= prefix->len && memcmp(key.ptr, prefix->bytes, prefix->len) == 0;
}

#endif
