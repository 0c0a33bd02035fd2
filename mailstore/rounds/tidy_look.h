// SPDX-License-Identifier: BSD-2-Clause
// The users of a domain that a sort is about, and what their mail tells about them. Pure.
#ifndef MAILSTORE_ROUNDS_TIDY_LOOK_H
#define MAILSTORE_ROUNDS_TIDY_LOOK_H

#include "base/address.h"
#include "mailstore/doveadm/doveadm_answer.h"
#include "mailstore/rounds/store_means.h"
#include "mailstore/tidy/tidy.h"

#define TIDY_LOOK_USERS_MAX 200   // of one sort; the next takes those after them
#define TIDY_LOOK_MESSAGES "1:10" // of each

struct tidy_entry {
    char address[ADDRESS_MAX + 32];
    char user[STORE_USER_MAX];
    char sender[ADDRESS_MAX + 8]; // envelope sender of its first mail; "<>" for the null sender
    struct tidy_user facts;
    int64_t
        since;  // TIDY_DELETED: the mail saved since then is meant; TIDY_FULL: so many messages, the oldest
    bool empty; // no mail is there
    bool none_due; // none that this sort moves: it came later, or has gone
    struct tidy_decision decision;
};

// Takes a row of tidy_users(). False for a name that is too long.
bool tidy_look_entry(const PGresult *result, int row, struct tidy_entry *entry)
    __attribute__((warn_unused_result));

// Notes of the entry with that address to how many addresses its sender wrote.
void tidy_look_alike(struct tidy_entry *entries, size_t count, const char *address, const char *alike);

// Takes an answer to tidy_move_look() at `looked`, in seconds since 1970. The milter removes forged results,
// and writes "spf=fail" (RFC 8601 section 2.7.2).
void tidy_look_read(struct tidy_entry *entry, const struct doveadm_answer *answer, int64_t looked);

#endif
