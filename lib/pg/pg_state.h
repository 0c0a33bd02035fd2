// SPDX-License-Identifier: BSD-2-Clause
// The state of a connection and its changes, which pg.c, pg_connect.c and pg_run.c share.
#ifndef PG_PG_STATE_H
#define PG_PG_STATE_H

#include "io/loop.h"
#include "pg/pg_queue.h"

enum pg_state {
    PG_IDLE,       // waits for its pause to end
    PG_CONNECTING, // PQconnectPoll continues
    PG_READY,      // statements run
};

struct pg {
    struct event_base *base;
    struct pg_spec spec;
    event_callback_fn on_io; // for the socket's event; its argument is this struct
    enum pg_state state;
    PGconn *conn;
    struct event *io;
    struct loop_timer deadline_timer; // of connecting, or of the statement in flight
    struct loop_timer pause_timer;    // before the next attempt to connect
    struct loop_timer next_turn;      // runs the callbacks that must not run within pg_send or pg_state_lose
    int64_t pause_ms;
    unsigned first_host; // of several; the next one after each attempt that fails
    short watched;       // the events that `io` waits for
    bool loss_logged;    // so that the return is logged too
    bool refusal_logged; // that it cannot connect was logged
    bool preparing;      // the PREPARE of `in_flight` was sent, not yet the statement
    bool busy;           // libpq has not reported the end of the last command yet
    bool limiting;       // one of the waiting statements is the internal one, `limits`
    bool pooled;    // a pooler may run each transaction on another connection: nothing is kept in a session
    bool destroyed; // freed when the last callback returns
    unsigned depth; // callbacks on the stack
    struct pg_job *in_flight; // sent, without a final result yet
    PGresult *final;          // its last result so far
    struct pg_queue queue;
    struct pg_queue failed;                // their callbacks are called in the next loop turn
    char limits[400];                      // the statement that sets the server's time limits
    const char *prepared[PG_PREPARED_MAX]; // names known to this connection
    unsigned prepared_count;
};

// Every call of a callback is between enter and leave, because it may queue statements, reset the connection
// or destroy it. Where leave returns false, `pg` must not be touched any more.
void pg_state_enter(struct pg *pg);
bool pg_state_leave(struct pg *pg);

// The one place where the state changes: stops and starts the timers that belong to it.
void pg_state_change(struct pg *pg, enum pg_state state);

// Watches the connection's socket, which may be another one after each step of connecting.
void pg_state_watch(struct pg *pg, short events);

// Queues a statement, or fails it with PG_LOST in the next loop turn if there is no connection.
void pg_state_send(struct pg *pg, const struct pg_statement *statement);

// Frees what belongs to the connection and fails its statements: the one in flight with `rc`, those that wait
// with PG_LOST.
void pg_state_close(struct pg *pg, enum pg_rc rc);

// Logs the loss, closes the connection and waits before the next attempt. Calls no callback.
void pg_state_lose(struct pg *pg, enum pg_rc rc, const char *why);

#endif
