// SPDX-License-Identifier: BSD-2-Clause
// Message size limits, by plan, VIP and mailbox.
#ifndef MILTER_DECIDE_SIZE_LIMIT_H
#define MILTER_DECIDE_SIZE_LIMIT_H

#include "directory/expansion.h"

#define SIZE_LIMIT_UNLIMITED INT64_MAX

// All limits include the setting message_size_slack.

enum size_limit_row {
    SIZE_LIMIT_NO_ROW,  // no row could be read: SIZE_LIMIT_UNLIMITED
    SIZE_LIMIT_PLAN,    // plan.max_message_size
    SIZE_LIMIT_VIP,     // plan.vip_message_size
    SIZE_LIMIT_MAILBOX, // mailbox.max_message_size
};

struct size_limit {
    int64_t bytes; // with the slack
    enum size_limit_row row;
    struct slice key; // of that row; valid as long as the snapshot
};

// For mail to a local address, by its expansion: the mailbox's own limit, at most the plan's; for an alias
// the least of the local addresses that it leads to; otherwise the plan's for ordinary mailboxes.
// SIZE_LIMIT_UNLIMITED if the rows cannot be read. Of an alias that leads to too many addresses, those seen
// count.
void size_limit_of_expansion(const struct directory_snapshot *rows, const struct expansion *expansion,
                             struct size_limit *out);

// For mail that `login` sends: the plan's, whatever the mailbox itself accepts. SIZE_LIMIT_UNLIMITED if its
// domain is not local.
int64_t size_limit_of_sender(const struct directory_snapshot *rows, const struct mail_address *login);

// The largest limit of any domain's plan, for Postfix's message_size_limit; 0 if there is none.
int64_t size_limit_largest(const struct directory_snapshot *rows);

#endif
