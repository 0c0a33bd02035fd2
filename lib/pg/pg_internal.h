// SPDX-License-Identifier: BSD-2-Clause
// What the files of lib/pg share.
#ifndef PG_PG_INTERNAL_H
#define PG_PG_INTERNAL_H

#include "io/loop.h"
#include "pg/pg.h"

enum pg_state {
    PG_IDLE,       // waits for its pause to end
    PG_CONNECTING, // PQconnectPoll goes on
    PG_READY,      // statements run
};

enum { PG_VALUES_MAX = 16 };

// A queued statement with its own copy of everything.
struct pg_job {
    struct pg_job *next;
    struct pg_statement statement;
    const char *values[PG_VALUES_MAX];
    char text[]; // the values, one behind the other
};

struct pg {
    struct event_base *base;
    struct pg_spec spec;
    enum pg_state state;
    PGconn *conn;
    struct event *io;
    struct loop_timer deadline; // of connecting, or of the statement under way
    struct loop_timer pause;    // before the next try
    struct loop_timer soon;     // runs what must not run within pg_send
    int64_t pause_ms;
    short watched;          // the events that `io` waits for
    bool reported;          // the loss was logged
    struct pg_job *current; // what was sent and has no final result yet
    bool preparing;         // it is its PREPARE that was sent
    bool busy;              // libpq has not told the end of the last command yet
    bool destroyed;         // freed when the last callback returns
    unsigned depth;         // callbacks on the stack
    struct pg_job *first, *last;
    unsigned waiting;
    const char *prepared[32]; // names known to this connection
    unsigned prepared_count;
};

// Copies a statement; NULL without memory.
struct pg_job *pg_job_create(const struct pg_statement *statement);
void pg_queue_push(struct pg *pg, struct pg_job *job);
struct pg_job *pg_queue_pop(struct pg *pg);

// The one place where the state changes: stops and starts the events that belong to it.
void pg_change_state(struct pg *pg, enum pg_state state);

// Watches the connection's socket, anew: it may be another one after each step of connecting.
void pg_watch(struct pg *pg, short events);

// One step of connecting; called when the socket is ready.
void pg_connect_step(struct pg *pg);

// Closes the connection, fails its statements with `rc` and waits before the next try.
void pg_lose(struct pg *pg, enum pg_rc rc, const char *why);

#endif
