// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/account_secret.h"

#include "base/hex.h"

#include <stdlib.h>

enum { LOGIN, KIND, PASSWORD, TOTP, TOTP_COUNTER, TOTP_PENDING, RECOVERY, SECOND_MISSING };

static const char *const words[] = {[ACCOUNT_NONE] = "", [ACCOUNT_ADMIN] = "admin", [ACCOUNT_USER] = "user"};

const char *account_kind_word(enum account_kind kind)
{
    return words[kind];
}

static bool read_sealed(const PGresult *rows, int row, int column, unsigned char out[SEALED_SECRET_BYTES])
{
    return hex_read(slice_from(PQgetvalue(rows, row, column)), out, SEALED_SECRET_BYTES);
}

void account_secret_read(const PGresult *rows, int row, struct account_secret *out)
{
    const char *kind = PQgetvalue(rows, row, KIND);
    *out = (struct account_secret){.kind = ACCOUNT_NONE};
    if (slice_copy(slice_from(PQgetvalue(rows, row, LOGIN)), out->login, sizeof out->login) && *kind)
        out->kind = *kind == 'a' ? ACCOUNT_ADMIN : ACCOUNT_USER;
    out->has_hash = !PQgetisnull(rows, row, PASSWORD);
    if (!slice_copy(slice_from(PQgetvalue(rows, row, PASSWORD)), out->hash, sizeof out->hash))
        out->kind = ACCOUNT_NONE;
    out->has_totp = !PQgetisnull(rows, row, TOTP);
    if (out->has_totp && !read_sealed(rows, row, TOTP, out->totp))
        out->kind = ACCOUNT_NONE;
    out->has_pending = read_sealed(rows, row, TOTP_PENDING, out->pending);
    out->totp_counter = strtoll(PQgetvalue(rows, row, TOTP_COUNTER), NULL, 10);
    out->recovery = (unsigned)strtoul(PQgetvalue(rows, row, RECOVERY), NULL, 10);
    out->second_missing = *PQgetvalue(rows, row, SECOND_MISSING) == 't';
}
