// SPDX-License-Identifier: BSD-2-Clause
#include "milter/decide/size_limit.h"

static int64_t with_slack(const struct directory_snapshot *rows, int64_t limit)
{
    const int64_t slack = directory_setting_number(rows, "message_size_slack", 0);
    return slack > 0 && limit < SIZE_LIMIT_UNLIMITED - slack ? limit + slack : limit;
}

static int64_t limit_of_plan(const struct directory_snapshot *rows, struct slice plan, bool vip)
{
    struct plan_row row;
    if (directory_plan(rows, plan, &row) != DIRECTORY_OK)
        return SIZE_LIMIT_UNLIMITED;
    return vip ? row.vip_message_size : row.max_message_size;
}

static void offer(struct size_limit *least, int64_t bytes, enum size_limit_row row, struct slice key)
{
    if (bytes < least->bytes)
        *least = (struct size_limit){.bytes = bytes, .row = row, .key = key};
}

static void offer_plan(const struct directory_snapshot *rows, struct slice plan, bool vip,
                       struct size_limit *least)
{
    offer(least, limit_of_plan(rows, plan, vip), vip ? SIZE_LIMIT_VIP : SIZE_LIMIT_PLAN, plan);
}

static void offer_end(const struct directory_snapshot *rows, const struct expansion_item *item,
                      struct size_limit *least)
{
    struct mailbox_row mailbox = {.vip = false, .max_message_size = -1};
    if (item->mailbox.len > 0 && directory_mailbox(rows, item->mailbox, &mailbox) != DIRECTORY_OK)
        return;
    offer_plan(rows, item->row.plan, mailbox.vip, least);
    if (mailbox.max_message_size >= 0)
        offer(least, mailbox.max_message_size, SIZE_LIMIT_MAILBOX, mailbox.address);
}

void size_limit_of_expansion(const struct directory_snapshot *rows, const struct expansion *expansion,
                             struct size_limit *out)
{
    *out = (struct size_limit){.bytes = SIZE_LIMIT_UNLIMITED};
    if (expansion->rc == EXPANSION_UNREADABLE)
        return;
    for (size_t i = 0; i < expansion->count; i++)
        if (expansion->items[i].known && expansion->items[i].end)
            offer_end(rows, &expansion->items[i], out);
    if (out->bytes == SIZE_LIMIT_UNLIMITED)
        offer_plan(rows, expansion->items[0].row.plan, false, out);
    out->bytes = with_slack(rows, out->bytes);
}

int64_t size_limit_of_sender(const struct directory_snapshot *rows, const struct mail_address *login)
{
    struct domain_row domain;
    struct mailbox_row mailbox;
    struct recipient recipient;
    if (directory_domain_of(rows, address_domain(login), &domain) != DIRECTORY_OK)
        return SIZE_LIMIT_UNLIMITED;
    const struct recipient_domain where = recipient_domain_of(&domain);
    const bool vip = recipient_find(rows, address_local(login), &where, &recipient) == DIRECTORY_OK &&
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
        if (limit != SIZE_LIMIT_UNLIMITED && limit > largest)
            largest = limit;
    }
    return with_slack(rows, largest);
}
