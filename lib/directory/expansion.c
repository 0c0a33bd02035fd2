// SPDX-License-Identifier: BSD-2-Clause
#include "directory/expansion.h"

#include "base/slice_hash.h"
#include "directory/store_address.h"

static bool is_item(const struct expansion_item *item, struct slice local, struct slice domain)
{
    return slice_equal(item->local, local) && slice_equal(item->domain.name, domain);
}

// The slot of an address: its own, or the free one that it belongs in. An attacker whose addresses collide
// only reaches the bound on steps sooner.
static uint16_t *find_slot(struct expansion *expansion, struct slice local, struct slice domain)
{
    size_t at = slice_hash(domain, slice_hash(local, 0)) % EXPANSION_SLOTS;
    while (expansion->slots[at] > 0 && !is_item(&expansion->items[expansion->slots[at] - 1], local, domain)) {
        at = (at + 1) % EXPANSION_SLOTS;
        expansion->steps++;
    }
    return &expansion->slots[at];
}

static void make_index(struct expansion *expansion)
{
    memset(expansion->slots, 0, sizeof expansion->slots);
    for (size_t i = 0; i < expansion->count; i++) {
        const struct expansion_item *item = &expansion->items[i];
        *find_slot(expansion, item->local, item->domain.name) = (uint16_t)(i + 1);
    }
}

// Returns whether the address is among the items; if not, it is taken to be the next one.
static bool is_known(struct expansion *expansion, struct slice local, struct slice domain)
{
    if (expansion->count < EXPANSION_FEW) {
        for (size_t i = 0; i < expansion->count; i++)
            if (is_item(&expansion->items[i], local, domain))
                return true;
        return false;
    }
    if (expansion->count == EXPANSION_FEW)
        make_index(expansion);
    uint16_t *slot = find_slot(expansion, local, domain);
    if (*slot > 0)
        return true;
    *slot = (uint16_t)(expansion->count + 1);
    return false;
}

// Adds an address under the name of the domain that it is of, unless it is there already.
static enum expansion_rc push(struct expansion *out, struct slice local, struct slice name,
                              const struct domain_row *row, size_t from)
{
    const struct slice domain = row ? row->name : name;
    if (is_known(out, local, domain))
        return EXPANSION_OK;
    if (out->count == EXPANSION_MAX)
        return EXPANSION_TOO_MANY;
    struct expansion_item *item = &out->items[out->count++];
    item->local = local;
    item->known = row != NULL;
    item->end = !row;
    item->kind = RECIPIENT_UNKNOWN;
    item->from = from;
    item->user = item->extension = item->mailbox = slice_make(NULL, 0);
    item->domain = (struct recipient_domain){.name = domain};
    if (row) {
        item->row = *row;
        item->domain = recipient_domain_of(row);
    }
    return EXPANSION_OK;
}

// A target that is no address, or that is not in the one form rows have, could carry others past Postfix's
// parser.
static bool read_target(struct slice target, struct slice *local, struct slice *domain)
{
    char folded[ADDRESS_MAX + 1];
    return address_fold(target, folded) == ADDRESS_OK && slice_equal(slice_from(folded), target) &&
           slice_split_last(target, '@', local, domain);
}

// An alias that names itself keeps a copy: mail ends there, too.
static bool is_self(const struct recipient *found, struct slice local, struct slice domain)
{
    struct slice row_local, row_domain;
    (void)slice_split_last(slice_from(found->row), '@', &row_local, &row_domain);
    return slice_equal(row_local, local) && slice_equal(row_domain, domain);
}

// The target's local part with the extension that the alias' row does not name; without, where that is too
// long for an address. False where there is no more room.
static bool extend(struct slice target, struct expansion *out, struct slice *local)
{
    char extended[ADDRESS_MAX + 1];
    struct slice given, domain;
    if (out->found.extension.len == 0 || !recipient_extend(target, out->found.extension, extended))
        return true;
    (void)slice_split_last(slice_from(extended), '@', &given, &domain);
    if (given.len > sizeof out->text - out->text_len)
        return false;
    *local = slice_make(out->text + out->text_len, given.len);
    memcpy(out->text + out->text_len, given.ptr, given.len);
    out->text_len += given.len;
    return true;
}

// The row of a domain. Most targets are of the alias' own domain or of that of the target before.
static enum directory_rc find_row(const struct directory_snapshot *rows, const struct expansion *expansion,
                                  size_t from, struct slice name, struct domain_row *out)
{
    const size_t near[] = {from, expansion->count - 1};
    for (size_t i = 0; i < sizeof near / sizeof near[0]; i++) {
        const struct expansion_item *item = &expansion->items[near[i]];
        if (item->known && slice_equal(item->row.name, name)) {
            *out = item->row;
            return DIRECTORY_OK;
        }
    }
    return directory_domain_of(rows, name, out);
}

static enum expansion_rc push_target(const struct directory_snapshot *rows, struct slice target, size_t from,
                                     struct expansion *out)
{
    struct slice local, name, of;
    struct domain_row row;
    if (++out->steps > EXPANSION_STEPS_MAX)
        return EXPANSION_TOO_MANY;
    if (!read_target(target, &local, &name))
        return EXPANSION_UNREADABLE;
    if (store_address_domain(name, &of))
        return EXPANSION_OK; // no way into another's store
    const enum directory_rc rc = find_row(rows, out, from, name, &row);
    if (rc == DIRECTORY_UNAVAILABLE)
        return EXPANSION_UNREADABLE;
    if (rc == DIRECTORY_OK && is_self(&out->found, local, row.name)) {
        out->items[from].end = true;
        return EXPANSION_OK;
    }
    if (!extend(target, out, &local))
        return EXPANSION_TOO_MANY;
    return push(out, local, name, rc == DIRECTORY_OK ? &row : NULL, from);
}

static bool ends_in(struct slice text, struct slice tail)
{
    return text.len >= tail.len && slice_equal(slice_skip(text, text.len - tail.len), tail);
}

// Returns whether the way to an alias led over its row already, and has added to the extension since: it
// would do so for ever. In such a loop there are always two turns of which the second one's extension ends
// in the first one's.
static bool grows(struct expansion *expansion, size_t at)
{
    const struct expansion_item *items = expansion->items;
    if (items[at].extension.len == 0)
        return false; // it would be known
    for (size_t i = at; items[i].from != i; expansion->steps++) {
        i = items[i].from;
        if (slice_equal(items[i].user, items[at].user) &&
            slice_equal(items[i].domain.name, items[at].domain.name) &&
            ends_in(items[at].extension, items[i].extension))
            return true;
    }
    return false;
}

static enum expansion_rc visit(const struct directory_snapshot *rows, size_t at, struct expansion *out)
{
    struct expansion_item *item = &out->items[at];
    if (!item->known)
        return EXPANSION_OK;
    if (++out->steps > EXPANSION_STEPS_MAX)
        return EXPANSION_TOO_MANY;
    if (recipient_find(rows, item->local, &item->domain, &out->found) != DIRECTORY_OK)
        return EXPANSION_UNREADABLE;
    item->kind = out->found.kind;
    item->user = out->found.user;
    item->extension = out->found.extension;
    item->mailbox = out->found.mailbox;
    if (item->kind != RECIPIENT_ALIAS) {
        item->end = item->kind != RECIPIENT_UNKNOWN;
        return EXPANSION_OK;
    }
    enum expansion_rc rc = EXPANSION_OK;
    if (grows(out, at))
        return rc;
    for (size_t i = 0; i < out->found.target_count && rc == EXPANSION_OK; i++)
        rc = push_target(rows, out->found.targets[i], at, out);
    return rc;
}

enum expansion_rc expansion_make_at(const struct directory_snapshot *rows, struct slice local,
                                    const struct domain_row *domain, struct expansion *out)
{
    out->count = out->text_len = 0;
    out->steps = 0;
    enum expansion_rc rc = push(out, local, domain->name, domain, 0);
    for (size_t i = 0; rc == EXPANSION_OK && i < out->count; i++)
        rc = visit(rows, i, out);
    return out->rc = rc;
}

enum expansion_rc expansion_make(const struct directory_snapshot *rows, struct slice local,
                                 struct slice domain, struct expansion *out)
{
    struct domain_row row;
    out->count = 0;
    switch (directory_domain_of(rows, domain, &row)) {
    case DIRECTORY_OK:
        return expansion_make_at(rows, local, &row, out);
    case DIRECTORY_NOT_FOUND:
        return out->rc = EXPANSION_UNKNOWN_DOMAIN;
    default:
        return out->rc = EXPANSION_UNREADABLE;
    }
}

bool expansion_arrives(const struct expansion *expansion)
{
    for (size_t i = 0; i < expansion->count; i++)
        if (expansion->items[i].end)
            return true;
    return false;
}
