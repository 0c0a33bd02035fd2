// SPDX-License-Identifier: BSD-2-Clause
// Reports of statements that the server refused.
#ifndef PG_PG_REFUSAL_H
#define PG_PG_REFUSAL_H

#include "base/fault.h"
#include "pg/pg_statement.h"

// Reports the server's message as `fault` if a statement ended with PG_ERROR. Other outcomes are no refusal:
// pg logs that the connection was lost.
void pg_refusal_report(struct fault *fault, enum pg_rc rc, const PGresult *result);

// The same as `on_result` of a statement of which nothing else is expected; its `arg` is the fault.
void pg_refusal_only(enum pg_rc rc, const PGresult *result, void *arg);

#endif
