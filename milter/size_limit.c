// SPDX-License-Identifier: BSD-2-Clause
#include "milter/size_limit.h"

#include "directory/recipient.h"

// Addresses that an alias is followed to; as many as Postfix expands one to (virtual_alias_expansion_limit).
enum { WALK_MAX = 1000 };

struct stop {
    struct slice local, domain; // the domain's own name
};

// The way from a recipient to the addresses where its mail ends; each is gone to once, so that loops end.
struct walk {
    const struct directory_snapshot *rows;
    struct size_limit least; // so far; SIZE_UNLIMITED: none yet
    size_t count;
    struct recipient found; // at the stop in hand
    struct stop stops[WALK_MAX];
};

static int64_t with_slack(const struct directory_snapshot *rows, int64_t limit)
{
    const int64_t slack = directory_setting_number(rows, "message_size_slack", 0);
    return slack > 0 && limit < SIZE_UNLIMITED - slack ? limit + slack : limit;
}

static int64_t limit_of_plan(const struct directory_snapshot *rows, struct slice plan, bool vip)
{
    struct plan_row row;
    if (directory_plan(rows, plan, &row) != DIRECTORY_OK)
        return SIZE_UNLIMITED;
    return vip ? row.vip_message_size : row.max_message_size;
}

static void offer(struct walk *walk, int64_t bytes, enum size_limit_row row, struct slice key)
{
    if (bytes < walk->least.bytes)
        walk->least = (struct size_limit){.bytes = bytes, .row = row, .key = key};
}

static void offer_plan(struct walk *walk, struct slice plan, bool vip)
{
    offer(walk, limit_of_plan(walk->rows, plan, vip), vip ? SIZE_VIP : SIZE_PLAN, plan);
}

static void end_here(struct walk *walk, const struct domain_row *domain)
{
    struct mailbox_row mailbox = {.vip = false, .max_message_size = -1};
    if (walk->found.mailbox.len > 0 &&
        directory_mailbox(walk->rows, walk->found.mailbox, &mailbox) != DIRECTORY_OK)
        return;
    offer_plan(walk, domain->plan, mailbox.vip);
    if (mailbox.max_message_size >= 0)
        offer(walk, mailbox.max_message_size, SIZE_MAILBOX, mailbox.address);
}

static void push(struct walk *walk, struct slice local, struct slice domain)
{
    for (size_t i = 0; i < walk->count; i++)
        if (slice_equal(walk->stops[i].local, local) && slice_equal(walk->stops[i].domain, domain))
            return;
    if (walk->count < WALK_MAX)
        walk->stops[walk->count++] = (struct stop){.local = local, .domain = domain};
}

// An alias that names itself keeps a copy.
static bool is_self(const struct recipient *found, struct slice local, struct slice domain)
{
    struct slice row_local, row_domain;
    return slice_split_last(slice_from(found->row), '@', &row_local, &row_domain) &&
           slice_equal(row_local, local) && slice_equal(row_domain, domain);
}

static void push_target(struct walk *walk, struct slice target)
{
    struct slice local, name;
    struct domain_row domain;
    if (!slice_split_last(target, '@', &local, &name) ||
        directory_domain_of(walk->rows, name, &domain) != DIRECTORY_OK)
        return; // elsewhere
    if (is_self(&walk->found, local, domain.name))
        end_here(walk, &domain);
    else
        push(walk, local, domain.name);
}

static bool visit(struct walk *walk, struct stop stop)
{
    struct domain_row domain;
    if (directory_domain(walk->rows, stop.domain, &domain) != DIRECTORY_OK)
        return false;
    const struct recipient_domain where = recipient_domain_of(&domain);
    if (recipient_find(walk->rows, stop.local, &where, &walk->found) != DIRECTORY_OK)
        return false;
    if (walk->found.kind == RECIPIENT_ALIAS)
        for (size_t i = 0; i < walk->found.target_count; i++)
            push_target(walk, walk->found.targets[i]);
    else if (walk->found.kind != RECIPIENT_UNKNOWN)
        end_here(walk, &domain);
    return true;
}

void size_limit_explain(const struct directory_snapshot *rows, const struct domain_row *domain,
                        struct slice local, struct size_limit *out)
{
    static const struct size_limit none = {.bytes = SIZE_UNLIMITED};
    struct walk walk;
    walk.rows = rows;
    walk.least = *out = none;
    walk.count = 0;
    push(&walk, local, domain->name);
    for (size_t i = 0; i < walk.count; i++)
        if (!visit(&walk, walk.stops[i]))
            return;
    if (walk.least.bytes == SIZE_UNLIMITED)
        offer_plan(&walk, domain->plan, false);
    *out = walk.least;
    out->bytes = with_slack(rows, out->bytes);
}

int64_t size_limit_of_recipient(const struct directory_snapshot *rows, const struct domain_row *domain,
                                struct slice local)
{
    struct size_limit limit;
    size_limit_explain(rows, domain, local, &limit);
    return limit.bytes;
}

int64_t size_limit_of_sender(const struct directory_snapshot *rows, struct slice login)
{
    struct domain_row domain;
    struct mailbox_row mailbox;
    struct recipient recipient;
    struct slice local, name;
    if (!slice_split_last(login, '@', &local, &name) ||
        directory_domain_of(rows, name, &domain) != DIRECTORY_OK)
        return SIZE_UNLIMITED;
    const struct recipient_domain where = recipient_domain_of(&domain);
    const bool vip = recipient_find(rows, local, &where, &recipient) == DIRECTORY_OK &&
                     recipient.mailbox.len > 0 &&
                     directory_mailbox(rows, recipient.mailbox, &mailbox) == DIRECTORY_OK && mailbox.vip;
    return with_slack(rows, limit_of_plan(rows, domain.plan, vip));
}

int64_t size_limit_largest(const struct directory_snapshot *rows)
{
    struct domain_row domain = {.name = SLICE("")};
    int64_t largest = 0;
    while (directory_domain_after(rows, domain.name, &domain) == DIRECTORY_OK) {
        const int64_t limit = limit_of_plan(rows, domain.plan, true);
        if (limit != SIZE_UNLIMITED && limit > largest)
            largest = limit;
    }
    return with_slack(rows, largest);
}
