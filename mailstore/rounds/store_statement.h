// SPDX-License-Identifier: BSD-2-Clause
// The fault of a statement of the keeper that the database refuses.
#ifndef MAILSTORE_ROUNDS_STORE_STATEMENT_H
#define MAILSTORE_ROUNDS_STORE_STATEMENT_H

#include "pg/pg.h"

// Registers the fault; reports it where `rc` is PG_ERROR, also that of another contract. Returns whether `rc`
// is PG_OK.
void store_statement_register(void);
bool store_statement_good(enum pg_rc rc, const PGresult *result);

#endif
