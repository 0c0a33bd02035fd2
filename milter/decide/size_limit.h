// SPDX-License-Identifier: BSD-2-Clause
// How large a message may be, by plan, VIP and mailbox.
#ifndef MILTER_DECIDE_SIZE_LIMIT_H
#define MILTER_DECIDE_SIZE_LIMIT_H

#include "directory/expansion.h"

#define SIZE_LIMIT_UNLIMITED INT64_MAX

// All have the room that the setting message_size_slack gives.

enum size_limit_row {
    SIZE_LIMIT_NO_ROW,  // none could be read: SIZE_LIMIT_UNLIMITED
    SIZE_LIMIT_PLAN,    // plan.max_message_size
    SIZE_LIMIT_VIP,     // plan.vip_message_size
    SIZE_LIMIT_MAILBOX, // mailbox.max_message_size
};

struct size_limit {
    int64_t bytes; // with the slack
    enum size_limit_row row;
    struct slice key; // of that row; valid as long as the snapshot
};

// For mail to an address by its expansion, which is one of ours: a mailbox' own limit within what the plan
// gives it; of an alias the least of the addresses of ours that it leads to; else the plan's for ordinary
// mailboxes. SIZE_LIMIT_UNLIMITED where the rows cannot be read. Of an alias that leads to too many
// addresses, those that were seen count.
void size_limit_of_expansion(const struct directory_snapshot *rows, const struct expansion *expansion,
                             struct size_limit *out);

// For mail that the login `login`, folded, sends: the plan's, whatever the mailbox itself takes in.
// SIZE_LIMIT_UNLIMITED where it is none of ours.
int64_t size_limit_of_sender(const struct directory_snapshot *rows, const struct mail_address *login);

// The largest that a domain's plan gives, for Postfix's message_size_limit; 0 where there is none.
int64_t size_limit_largest(const struct directory_snapshot *rows);

#endif
