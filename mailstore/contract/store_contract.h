// SPDX-License-Identifier: BSD-2-Clause
// The contract between the keeper and the database's functions about the mail store: each statement that
// hands out work, or takes its result, states the number that this keeper was built for. The database refuses
// any other, so that a keeper of another release, which could misunderstand a task, deletes and moves
// nothing.
#ifndef MAILSTORE_CONTRACT_STORE_CONTRACT_H
#define MAILSTORE_CONTRACT_STORE_CONTRACT_H

#include "pg/pg.h"

// That of SQL's store_contract(). Both are raised where an argument, a column, a row of the database or a
// name in the store gets another meaning.
#define STORE_CONTRACT "1"

// Registers the fault and the metric.
void store_contract_register(void);

// Returns whether the database refused a statement because it is of another release: it has another number,
// or no such function. Reports it, at most once per hour.
bool store_contract_refused(enum pg_rc rc, const PGresult *result);

// The database took a statement with the number.
void store_contract_met(void);

#endif
