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

// A queued statement with its own copy of the values.
struct pg_job {
    struct pg_job *next;
    struct pg_statement statement;
    enum pg_rc rc; // among the doomed: what it is told
    const char *values[PG_VALUES_MAX];
    char text[]; // the values, one behind the other
};

struct pg_queue {
    struct pg_job *first, *last;
    unsigned count;
};

struct pg {
    struct event_base *base;
    struct pg_spec spec;
    enum pg_state state;
    PGconn *conn;
    struct event *io;
    struct loop_timer deadline; // of connecting, or of the statement under way
    struct loop_timer pause;    // before the next try
    struct loop_timer soon;     // runs what must not run within pg_send or pg_lose
    int64_t pause_ms;
    unsigned first_host;    // of several; the next one after each try that fails
    short watched;          // the events that `io` waits for
    bool lost;              // the loss was logged, so the return is too
    bool refused;           // that it cannot connect was logged
    bool preparing;         // it is its PREPARE that was sent
    bool busy;              // libpq has not told the end of the last command yet
    bool limiting;          // among what waits is our own statement, that of `limits`
    bool destroyed;         // freed when the last callback returns
    unsigned depth;         // callbacks on the stack
    struct pg_job *current; // what was sent and has no final result yet
    PGresult *final;        // its last result so far
    struct pg_queue queue;
    struct pg_queue doomed;                // failed, to be told in the next loop turn
    char limits[320];                      // the statement that sets the server's time limits
    const char *prepared[PG_PREPARED_MAX]; // names known to this connection
    unsigned prepared_count;
};

// Copies a statement; NULL without memory.
struct pg_job *pg_job_create(const struct pg_statement *statement);
void pg_queue_push(struct pg_queue *queue, struct pg_job *job);
// NULL where it is empty.
struct pg_job *pg_queue_pop(struct pg_queue *queue);

// Callbacks may queue statements, reset the connection or destroy it: around each stand enter and leave, and
// with leave saying false nothing of `pg` is touched any more.
void pg_enter(struct pg *pg);
bool pg_leave(struct pg *pg);

// The one place where the state changes: stops and starts the timers that belong to it.
void pg_change_state(struct pg *pg, enum pg_state state);

// Watches the connection's socket, anew: it may be another one after each step of connecting.
void pg_watch(struct pg *pg, short events);

// Starts to connect; then one step a time the socket is ready.
void pg_connect(struct pg *pg);
void pg_connect_step(struct pg *pg);

// The socket is ready and the connection is made: takes in results and notifications, sends what is next.
void pg_run_io(struct pg *pg, short what);
// Sends the next statement, if none is under way.
void pg_run_next(struct pg *pg);

// Frees what belongs to the connection and dooms its statements, the one under way with `rc`.
void pg_close(struct pg *pg, enum pg_rc rc);

// Closes the connection and waits before the next try. Calls nobody back.
void pg_lose(struct pg *pg, enum pg_rc rc, const char *why);

#endif
