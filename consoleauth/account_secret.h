// SPDX-License-Identifier: BSD-2-Clause
// A row of account_secret() (sql/code/68_console_auth.sql), by which a log-in is checked.
#ifndef CONSOLEAUTH_ACCOUNT_SECRET_H
#define CONSOLEAUTH_ACCOUNT_SECRET_H

#include "base/address.h"
#include "consoleauth/factor/sealed_secret.h"
#include "password/password_hash.h"

#include <libpq-fe.h>
#include <stdint.h>

// The columns of `s` that account_secret_read takes, the first ones of a statement.
#define ACCOUNT_SECRET_COLUMNS                                                                               \
    "s.login, s.kind, s.password, encode(s.totp, 'hex'), s.totp_counter, encode(s.totp_pending, 'hex'), "    \
    "cardinality(s.recovery), s.second_missing"
enum { ACCOUNT_SECRET_COLUMN_COUNT = 8 };

enum account_kind { ACCOUNT_NONE, ACCOUNT_ADMIN, ACCOUNT_USER };

struct account_secret {
    enum account_kind kind; // NONE: it cannot log in
    unsigned recovery;      // codes that are left
    int64_t totp_counter;   // the latest that was accepted
    bool has_hash;          // else Dovecot checks the password
    bool has_totp, has_pending;
    bool second_missing;         // a second factor is required, and there is none
    char login[ADDRESS_MAX + 1]; // in its canonical form
    char hash[PASSWORD_HASH_MAX];
    unsigned char totp[SEALED_SECRET_BYTES], pending[SEALED_SECRET_BYTES];
};

// Reads a row. What is not of its form is none of it: such a login fails.
void account_secret_read(const PGresult *rows, int row, struct account_secret *out);

// "admin", "user"; "" for NONE.
const char *account_kind_word(enum account_kind kind);

#endif
