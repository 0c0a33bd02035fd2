// SPDX-License-Identifier: BSD-2-Clause
// A hand on the database that with_schema made, past the code under test.
#ifndef DATABASE_FIXTURE_H
#define DATABASE_FIXTURE_H

#include "pg/pg.h"

#include <stddef.h>

// As superuser; for a group of tests.
int database_setup(void **state);
int database_teardown(void **state);

// Runs a statement and gives the first value of its first row, "" where there is none; valid until the next
// call. A statement that fails, fails the test.
const char *database_value(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Connects again after the server was away.
void database_reconnect(void);

// The connection of policyd: as emailgency_daemon, to the server's socket in `folder`, NULL for its own.
struct pg_spec database_spec(const char *folder, int64_t timeout_ms);

// Runs `base` until `done` says so; fails the test after ten seconds.
void database_run_until(struct event_base *base, bool (*done)(void *arg), void *arg);
void database_run_ms(struct event_base *base, int ms);

#endif
