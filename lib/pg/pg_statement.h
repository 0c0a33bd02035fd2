// SPDX-License-Identifier: BSD-2-Clause
// The specification of a connection, a statement on it, and the outcomes of one.
#ifndef PG_PG_STATEMENT_H
#define PG_PG_STATEMENT_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

struct pg;

enum pg_rc {
    PG_OK,
    PG_ERROR,  // the server refused the statement, which took no effect; the result holds why
    PG_LOST,   // no connection, or it broke before the answer: whether the statement took effect is unknown
    PG_TIMEOUT // the deadline passed; likewise, and the connection is given up
};

enum { PG_VALUES_MAX = 48, PG_PREPARED_MAX = 32 };

// All strings are borrowed for as long as the connection lives.
struct pg_spec {
    // libpq connection string; of several hosts the next is tried after one fails. Give addresses (hostaddr),
    // socket folders or names of hosts(5): libpq looks a name up with getaddrinfo(3), which holds the loop
    // meanwhile.
    const char *conninfo;
    const char *password; // NULL or "": none beyond conninfo
    const char *name;     // application_name, and the word for it in the log
    int64_t timeout_ms;   // of connecting, and of each statement without one of its own
    // After these the server itself ends a wait for a lock, and a statement, with an error. 0: a second more
    // than timeout_ms, so that nothing waits on where the connection was given up, and ten minutes. What the
    // connection string, the role or the database sets stays.
    int64_t lock_timeout_ms, statement_timeout_ms;
    // Connected: statements sent from here run before all others. On each connection, also the first; what
    // belongs to a session (LISTEN, SET) is sent here. May be NULL.
    void (*on_ready)(struct pg *pg, void *arg);
    void (*on_notify)(struct pg *pg, const char *channel, void *arg); // may be NULL
    void *arg;
};

struct pg_statement {
    // Of a prepared statement, made on first use of a connection, at most PG_PREPARED_MAX names; NULL, or
    // through a pooler: not prepared. Must outlive the connection: a literal.
    const char *name;
    const char *sql; // must live until on_result was called; without `count` several, with ";" between
    int count;       // of parameters, at most PG_VALUES_MAX
    const char *const *values; // text; NULL is null. Copied before pg_send returns
    bool by_row;               // on_result is called once per row (PGRES_SINGLE_TUPLE), then once for the end
    int64_t timeout_ms;        // from when it is sent until its end; by_row: of silence. 0: the connection's
    // Called once with the outcome (`result` is NULL unless PG_OK or PG_ERROR; it is cleared afterwards), and
    // before that once per row if by_row is set. PG_OK comes after the commit: of several statements the last
    // result is handed over. Without by_row the whole result is held in memory: write a LIMIT.
    void (*on_result)(enum pg_rc rc, const PGresult *result, void *arg);
    void *arg;
};

#endif
