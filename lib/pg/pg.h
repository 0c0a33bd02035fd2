// SPDX-License-Identifier: BSD-2-Clause
// One asynchronous connection to PostgreSQL. It connects, queues statements, and after a loss connects again
// with a growing pause (50 ms … 5 s, with jitter); the statements it had sent or queued then fail with
// PG_LOST and are the caller's to repeat, best from on_ready. Callbacks come from the loop, never from within
// pg_send or pg_reset, and may do anything with the connection, pg_destroy included.
#ifndef PG_PG_H
#define PG_PG_H

#include "base/problem.h"
#include "pg/pg_statement.h"

#include <event2/event.h>

// Check of a connection string, for option tables: whether libpq accepts it; if not, the fault is in
// `problem`.
bool pg_check_conninfo(const char *conninfo, struct problem *problem);

// The same for an option that may not be empty.
bool pg_check_database(const char *conninfo, struct problem *problem);

// Starts to connect. Out of memory ends the process.
struct pg *pg_create(struct event_base *base, const struct pg_spec *spec);

// Closes the connection. Statements that wait get PG_LOST before it returns; what their callbacks send is
// dropped without a call. NULL is allowed.
void pg_destroy(struct pg *pg);

// Returns whether there is a connection.
bool pg_ready(const struct pg *pg);

// Statements run in the order they were queued, the next one when the last has its result. Without a
// connection the statement fails with PG_LOST in the next loop turn. The queue has no bound of its own:
// callers look at pg_waiting.
void pg_send(struct pg *pg, const struct pg_statement *statement);

// The same for a statement with parameters and nothing else that is special: fields of struct pg_statement.
void pg_call(struct pg *pg, const char *name, const char *sql, const char *const *values, int count,
             void (*on_result)(enum pg_rc rc, const PGresult *result, void *arg), void *arg);

// Number of statements that are queued, in flight, or failed with their callback still to be called.
unsigned pg_waiting(const struct pg *pg);

// Gives the connection up and makes a new one, as after a loss. Does nothing without a connection.
void pg_reset(struct pg *pg, const char *why);

#endif
