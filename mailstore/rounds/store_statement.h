// SPDX-License-Identifier: BSD-2-Clause
// A prepared statement of the keeper, and the fault of one that the database refuses.
#ifndef MAILSTORE_ROUNDS_STORE_STATEMENT_H
#define MAILSTORE_ROUNDS_STORE_STATEMENT_H

#include "pg/pg.h"

void store_statement_send(struct pg *pg, const char *name, const char *sql, const char *const *values,
                          int count, void (*on_result)(enum pg_rc rc, const PGresult *result, void *arg),
                          void *arg);

// Registers the fault; reports it where `rc` is PG_ERROR, also that of another contract. Returns whether `rc`
// is PG_OK.
void store_statement_register(void);
bool store_statement_good(enum pg_rc rc, const PGresult *result);

#endif
