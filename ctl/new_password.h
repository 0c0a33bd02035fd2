// SPDX-License-Identifier: BSD-2-Clause
// A new password of a mailbox or an account: read, judged and hashed here, so that PostgreSQL gets its hash
// only.
#ifndef CTL_NEW_PASSWORD_H
#define CTL_NEW_PASSWORD_H

#include "base/address.h"
#include "password/password_hash.h"

#include <libpq-fe.h>
#include <stdbool.h>

struct new_password {
    char address[ADDRESS_MAX + 1]; // in the domain itself
    char hash[PASSWORD_HASH_MAX];
};

enum new_password_owner {
    NEW_PASSWORD_ANY,     // an address that need not be a mailbox yet
    NEW_PASSWORD_MAILBOX, // a mailbox
    NEW_PASSWORD_ACCOUNT, // an account of the console
};

// Reads a password for the address, which is to be that of its owner, judges it by the rule that
// PostgreSQL has in force, and hashes it. At a terminal a weak one is asked for again. Returns EX_OK, or
// another exit code after a message on stderr.
int new_password_make(PGconn *connection, const char *address, enum new_password_owner owner,
                      struct new_password *out) __attribute__((warn_unused_result));

// Runs `update`, which sets the password to $2 where the address is $1 and returns the row as JSON; an empty
// hash is null. Prints that row, or the address and `done`. Returns EX_OK, or EX_DATAERR after a message on
// stderr: also if the `owner`, "mailbox" or "account", is there no more.
int new_password_store(PGconn *connection, const char *update, const struct new_password *password, bool json,
                       const char *owner, const char *done) __attribute__((warn_unused_result));

// The address alone, of a mailbox that is there.
int new_password_address(PGconn *connection, const char *address, struct new_password *out)
    __attribute__((warn_unused_result));

#endif
