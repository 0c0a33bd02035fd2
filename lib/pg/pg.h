// SPDX-License-Identifier: BSD-2-Clause
// One asynchronous connection to PostgreSQL. It connects, queues statements, and after a loss connects again
// with a growing pause; the statements it had sent or queued then fail with PG_LOST and are the caller's to
// repeat.
#ifndef PG_PG_H
#define PG_PG_H

#include <event2/event.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

struct pg;

enum pg_rc {
    PG_OK,
    PG_ERROR,  // the server refused the statement; the result holds why
    PG_LOST,   // no connection, or it broke before the answer: whether the statement took effect is unknown
    PG_TIMEOUT // the deadline passed; the connection is given up
};

struct pg_spec {
    const char
        *conninfo; // libpq connection string; several hosts are allowed. Borrowed, and so is `password`
    const char *password;                       // NULL or "": none beyond conninfo
    const char *name;                           // application_name, and the word for it in the log
    int64_t timeout_ms;                         // of connecting, and of each statement without one of its own
    void (*on_ready)(struct pg *pg, void *arg); // connected; queue what must run first. May be NULL
    void (*on_notify)(struct pg *pg, const char *channel, void *arg); // may be NULL
    void *arg;
};

struct pg_statement {
    const char *name; // of a prepared statement, made on first use of a connection; NULL: not prepared
    const char *sql;
    int count;                 // of parameters
    const char *const *values; // text; NULL is null. Copied before pg_send returns
    bool by_row;               // on_result comes once a row (PGRES_SINGLE_TUPLE), then once for the end
    int64_t timeout_ms;        // 0: the connection's
    // Called once with the outcome (`result` is NULL unless PG_OK or PG_ERROR; it is cleared afterwards), and
    // before that once a row where by_row is set. Never called from within pg_send.
    void (*on_result)(enum pg_rc rc, const PGresult *result, void *arg);
    void *arg;
};

// Starts to connect. Returns NULL only without memory.
struct pg *pg_create(struct event_base *base, const struct pg_spec *spec);

// Drops everything; statements that wait get PG_LOST.
void pg_destroy(struct pg *pg);

// Whether a statement sent now would leave at once.
bool pg_ready(const struct pg *pg);

// Statements run in the order they were queued, the next one when the last has its result. Without a
// connection the statement fails with PG_LOST in the next loop turn.
void pg_send(struct pg *pg, const struct pg_statement *statement);

// How many are queued or under way.
unsigned pg_waiting(const struct pg *pg);

// Gives the connection up and makes a new one, as after a loss.
void pg_reset(struct pg *pg, const char *why);

#endif
