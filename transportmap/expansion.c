// SPDX-License-Identifier: BSD-2-Clause
#include "transportmap/expansion.h"

#include "transportmap/store_address.h"

static struct expansion_item *find_item(struct expansion *expansion, struct slice local, struct slice domain)
{
    for (size_t i = 0; i < expansion->count; i++) {
        struct expansion_item *item = &expansion->items[i];
        if (slice_equal(item->local, local) && slice_equal(item->domain.name, domain))
            return item;
    }
    return NULL;
}

// Adds an address under the name of the domain that it is of, unless it is there already.
static enum expansion_rc push(const struct directory_snapshot *rows, struct slice local, struct slice name,
                              size_t from, struct expansion *out)
{
    struct recipient_domain domain = {.name = name};
    const enum directory_rc rc = recipient_domain(rows, name, &domain);
    if (rc == DIRECTORY_UNAVAILABLE)
        return EXPANSION_UNREADABLE;
    if (find_item(out, local, domain.name))
        return EXPANSION_OK;
    if (out->count == EXPANSION_MAX)
        return EXPANSION_TOO_MANY;
    const bool ours = rc == DIRECTORY_OK;
    out->items[out->count++] =
        (struct expansion_item){.local = local, .domain = domain, .ours = ours, .end = !ours, .from = from};
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
static bool is_self(const struct recipient *found, struct slice local, const struct recipient_domain *domain)
{
    struct slice row_local, row_domain;
    (void)slice_split_last(slice_from(found->row), '@', &row_local, &row_domain);
    return slice_equal(row_local, local) && slice_equal(row_domain, domain->name);
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

static enum expansion_rc push_target(const struct directory_snapshot *rows, struct slice target, size_t from,
                                     struct expansion *out)
{
    struct slice local, name, of;
    struct recipient_domain domain;
    if (!read_target(target, &local, &name))
        return EXPANSION_UNREADABLE;
    if (store_address_domain(name, &of))
        return EXPANSION_OK; // no way into another's store
    const enum directory_rc rc = recipient_domain(rows, name, &domain);
    if (rc == DIRECTORY_OK && is_self(&out->found, local, &domain)) {
        out->items[from].end = true;
        return EXPANSION_OK;
    }
    return extend(target, out, &local) ? push(rows, local, name, from, out) : EXPANSION_TOO_MANY;
}

static bool ends_in(struct slice text, struct slice tail)
{
    return text.len >= tail.len && slice_equal(slice_skip(text, text.len - tail.len), tail);
}

// Whether the way to an alias led over its row already, and has added to the extension since: it would do so
// for ever. In such a loop there are always two turns of which the second one's extension ends in the first
// one's.
static bool grows(const struct expansion *expansion, size_t at)
{
    const struct expansion_item *items = expansion->items;
    for (size_t i = at; items[i].from != i;) {
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
    if (!item->ours)
        return EXPANSION_OK;
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

enum expansion_rc expansion_make(const struct directory_snapshot *rows, struct slice local,
                                 struct slice domain, struct expansion *out)
{
    out->count = out->text_len = 0;
    enum expansion_rc rc = push(rows, local, domain, 0, out);
    if (rc == EXPANSION_OK && !out->items[0].ours)
        return EXPANSION_NOT_OURS;
    for (size_t i = 0; rc == EXPANSION_OK && i < out->count; i++)
        rc = visit(rows, i, out);
    return rc;
}

bool expansion_arrives(const struct expansion *expansion)
{
    for (size_t i = 0; i < expansion->count; i++)
        if (expansion->items[i].end)
            return true;
    return false;
}
