// SPDX-License-Identifier: BSD-2-Clause
#include "milter/size_limit.h"

#include "directory/recipient.h"

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t limit_of_plan(const struct directory_snapshot *rows, struct slice plan, bool vip)
{
    struct plan_row row;
    if (directory_plan(rows, plan, &row) != DIRECTORY_OK)
        return SIZE_UNLIMITED;
    return vip ? row.vip_message_size : row.max_message_size;
}

static int64_t limit_of_mailbox(const struct directory_snapshot *rows, struct slice plan,
                                const struct mailbox_row *mailbox)
{
    const int64_t limit = limit_of_plan(rows, plan, mailbox->vip);
    return mailbox->max_message_size < 0 ? limit : least(limit, mailbox->max_message_size);
}

// An alias leads to mailboxes of other domains too, each of which has its domain's plan.
static bool limit_of_target(const struct directory_snapshot *rows, struct slice address, int64_t *limit)
{
    struct mailbox_row mailbox;
    struct domain_row domain;
    if (directory_mailbox(rows, address, &mailbox) != DIRECTORY_OK ||
        directory_domain(rows, mailbox.domain, &domain) != DIRECTORY_OK)
        return false;
    *limit = limit_of_mailbox(rows, domain.plan, &mailbox);
    return true;
}

static int64_t limit_of_alias(const struct directory_snapshot *rows, struct slice plan,
                              const struct recipient *recipient)
{
    int64_t limit = SIZE_UNLIMITED, of_target;
    for (size_t i = 0; i < recipient->target_count; i++)
        if (limit_of_target(rows, recipient->targets[i], &of_target))
            limit = least(limit, of_target);
    return limit == SIZE_UNLIMITED ? limit_of_plan(rows, plan, false) : limit;
}

int64_t size_limit_of_recipient(const struct directory_snapshot *rows, const struct domain_row *domain,
                                struct slice local)
{
    const struct recipient_domain where = recipient_domain_of(domain);
    struct recipient recipient;
    struct mailbox_row mailbox;
    if (recipient_find(rows, local, &where, &recipient) != DIRECTORY_OK)
        return SIZE_UNLIMITED;
    if (recipient.kind == RECIPIENT_ALIAS)
        return limit_of_alias(rows, domain->plan, &recipient);
    if (recipient.mailbox.len > 0 && directory_mailbox(rows, recipient.mailbox, &mailbox) == DIRECTORY_OK)
        return limit_of_mailbox(rows, domain->plan, &mailbox);
    return limit_of_plan(rows, domain->plan, false);
}

int64_t size_limit_of_sender(const struct directory_snapshot *rows, struct slice login)
{
    struct domain_row domain;
    struct slice local, name;
    if (!slice_split_last(login, '@', &local, &name) ||
        directory_domain_of(rows, name, &domain) != DIRECTORY_OK)
        return SIZE_UNLIMITED;
    return size_limit_of_recipient(rows, &domain, local);
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
    return largest;
}
