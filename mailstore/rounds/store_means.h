// SPDX-License-Identifier: BSD-2-Clause
// The means that all jobs of the keeper share.
#ifndef MAILSTORE_ROUNDS_STORE_MEANS_H
#define MAILSTORE_ROUNDS_STORE_MEANS_H

#include "directory/directory.h"
#include "mailstore/doveadm/doveadm.h"
#include "pg/pg.h"

// All is borrowed.
struct store_means {
    struct event_base *base;
    struct pg *pg;
    struct directory *directory; // for the settings
    struct doveadm *doveadm;
    const char *node;
    int64_t poll_ms;        // between two claims
    unsigned in_flight_max; // mailboxes at once
};

// The owner of a domain's Undelivered begins with this, which no mailbox's name in the store does, and has
// the mail in that folder.
#define STORE_UNDELIVERED_USER ".undelivered@"
#define STORE_UNDELIVERED_FOLDER "Mail"
#define STORE_USER_MAX 512 // bytes of a user's name, with NUL

#endif
