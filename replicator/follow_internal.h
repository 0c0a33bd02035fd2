// SPDX-License-Identifier: BSD-2-Clause
// What follow.c (when to look) and follow_round.c (one look) share; nobody else includes it.
#ifndef REPLICATOR_FOLLOW_INTERNAL_H
#define REPLICATOR_FOLLOW_INTERNAL_H

#include "io/loop.h"
#include "pg/array_literal.h"
#include "pg/pg.h"
#include "replicator/feed.h"
#include "replicator/keys.h"
#include "replicator/server.h"
#include "replicator/statement.h"
#include "replicator/store.h"

//            connected           listening            look                     changes
//   AWAY ---------------> LISTENING ------> IDLE ----------> LOOKING -----------------> READING
//     ^                                     ^  ^ \              | none \ reload              |
//     | connection lost, from any state     |  |  prune         |       \--> RELOADING      |
//     |                                     |  +-- PRUNING      v               |           |
//     |                                     +---------------- ENDING <----------+-----------+
enum follow_state {
    FOLLOW_AWAY,      // no connection; lib/pg makes one
    FOLLOW_LISTENING, // LISTEN is sent
    FOLLOW_IDLE,      // the timer, or a notification, starts the next round
    FOLLOW_LOOKING,   // asks for the server's state and the changes
    FOLLOW_READING,   // reads the rows of changed keys
    FOLLOW_RELOADING, // reads all rows
    FOLLOW_ENDING,    // ends the server's transaction
    FOLLOW_PRUNING    // has old changes removed
};

struct follow {
    enum follow_state state;
    struct pg *pg;
    struct store store;
    struct loop_timer timer;   // in FOLLOW_IDLE: the next round
    struct loop_timer readers; // the next search for dead readers
    bool woken;                // a notification came during a round
    int64_t not_before;        // monotonic: no round before, after a failure
    int64_t pause_ms;          // of the last failure
    int64_t prune_at, saved_at, reload_at;
    int64_t proved_at; // wall clock: when the last round found the replica current
    char problem[512]; // what was logged last, and when
    int64_t problem_at;

    // The question under way; its answer comes to `on_row` row by row, where set, and then to `on_answer`.
    void (*on_row)(struct follow *follow, const PGresult *row);
    void (*on_answer)(struct follow *follow, const PGresult *result);
    char sql[STATEMENT_MAX];
    struct array_literal array;

    // The round under way.
    int64_t started_ms, started_at;
    char *snapshot, *epoch, *confirmed_at; // of the server
    bool confirmed;
    bool in_transaction; // on the server
    struct keys keys;
    struct feed feed;
    size_t reload_step;
    size_t domains_before;
    struct writer_merged total;
    size_t bad;
    int64_t refused_until; // a refused reload is not read again before, unless it is confirmed
};

// The one place where the state changes: starts and stops what belongs to it.
void follow_change_state(struct follow *follow, enum follow_state state);

// Sends one statement. A lost connection or an error ends the round; else the answer goes on.
struct follow_question {
    const char *name, *sql;
    int count;
    const char *const *values;
    int64_t timeout_ms; // 0: the connection's
    void (*on_row)(struct follow *follow, const PGresult *row);
    void (*on_answer)(struct follow *follow, const PGresult *result);
};
void follow_ask(struct follow *follow, const struct follow_question *question);

// Starts a round; it ends in follow_round_done, or in follow_fail.
void follow_round(struct follow *follow);
void follow_round_done(struct follow *follow);

// Forgets the round under way; the replica stays as it was.
void follow_round_drop(struct follow *follow);

// Ends the round without effect. `why` is logged when it is news. With `pause` the next round waits longer
// after each failure, whatever wakes it.
void follow_fail(struct follow *follow, const char *why, bool pause);

#endif
