// SPDX-License-Identifier: BSD-2-Clause
// The commands that show the mail of one of a sort's users, and move it to Undelivered. Pure.
#ifndef MAILSTORE_ROUNDS_TIDY_MOVE_H
#define MAILSTORE_ROUNDS_TIDY_MOVE_H

#include "mailstore/rounds/tidy_look.h"

struct tidy_move {
    struct doveadm_request request;
    const char *query[5];
    char time[24], range[32];
};

// Makes the command, which points into `out` and at the rest. `owner` is the user that has Undelivered. Of a
// user without a mailbox all folders are moved, but nothing that came since `looked`, in seconds since 1970:
// the address may have become a mailbox since then. Of others, new mail or the oldest, which is in the INBOX.
void tidy_move_make(const struct tidy_entry *entry, const char *owner, int64_t looked, struct tidy_move *out);

// Makes the command that shows the first mail of a user without a mailbox; of others, all that would be
// moved.
void tidy_move_look(const struct tidy_entry *entry, int64_t looked, struct tidy_move *out);

#endif
