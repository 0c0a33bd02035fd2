// SPDX-License-Identifier: BSD-2-Clause
// The state of following: the connection, the question in flight and the round. The layers above are, from
// below: follow_write (one round's transaction), follow_reload (all rows), follow_slices (one kind, part by
// part), follow_changes (changed rows), follow_lagging (kinds with rounds of their own), follow_round (one
// round), follow (the schedule). None calls one above it; the end of a round is reported by callback.
#ifndef REPLICATOR_FOLLOW_STATE_H
#define REPLICATOR_FOLLOW_STATE_H

#include "base/problem.h"
#include "io/loop.h"
#include "pg/array_literal.h"
#include "pg/pg.h"
#include "replicator/changed_keys.h"
#include "replicator/replica_state.h"
#include "replicator/row_merge.h"
#include "replicator/row_query.h"

//            connected           listening            look                     changes
//   AWAY ---------------> LISTENING ------> IDLE ----------> LOOKING -----------------> READING
//     ^                                     ^  ^ \              | none \ reload              |
//     | connection lost, from any state     |  |  chore        |       \--> RELOADING      |
//     |                                     |  +-- CHORE       v               |           |
//     |                                     +---------------- ENDING <----------+-----------+
enum follow_state {
    FOLLOW_AWAY,      // no connection; lib/pg makes one
    FOLLOW_LISTENING, // LISTEN is sent
    FOLLOW_IDLE,      // the timer, or a notification, starts the next round
    FOLLOW_LOOKING,   // asks for the server's state and the changes
    FOLLOW_READING,   // reads the rows of changed keys
    FOLLOW_RELOADING, // reads all rows, of all kinds or of one
    FOLLOW_ENDING,    // ends the server's transaction
    FOLLOW_CHORE      // between rounds: reporting the position, pruning, searching for sessions that block
};

enum {
    FOLLOW_ROWS_MS = 600000, // the deadline of a statement that reads rows
};

// The kind that a round reads alone, one slice per round. Slices are of different snapshots; what changed
// since the first one is read at the end.
struct follow_slices {
    enum directory_kind kind;     // DIRECTORY_KINDS: none in progress
    char *since;                  // the snapshot of the first one
    struct row_key first, second; // the key of the last row so far
    size_t rows;                  // of the current slice
};

struct follow {
    enum follow_state state;
    struct pg *pg;
    struct replica_state replica;

    // Set at the start. The round or chore has ended, with or without success; the next step may be chosen.
    void (*on_end)(struct follow *follow);
    // The table of `merge.kind` is locked.
    void (*on_locked)(struct follow *follow);

    struct loop_timer round_timer;  // in FOLLOW_IDLE: the next round
    struct loop_timer reader_timer; // the next search for dead readers
    bool woken;                     // a notification came during a round
    bool unreported;                // the position moved past changes, and the database does not know yet
    int64_t not_before;             // monotonic: no round before, after a failure
    int64_t pause_ms;               // of the last failure
    int64_t prune_at, saved_at, reload_at, report_at;
    int64_t queue_warning_at;        // no warning about the notification queue before
    double queue;                    // its use, 0 to 1
    enum directory_kind locked_kind; // the table whose lock holder is to be logged; DIRECTORY_KINDS: none
    int64_t proved_at;               // wall clock: when the last round found the replica current
    struct problem problem;          // of the last round; "": it went well

    // The question in flight: its answer goes to `on_row` row by row, if set, and then to `on_answer`.
    void (*on_row)(struct follow *follow, const PGresult *row);
    void (*on_answer)(struct follow *follow, const PGresult *result);
    char sql[ROW_QUERY_MAX];
    struct array_literal array;

    // The current round.
    int64_t started_ms, started_at;
    char *snapshot, *epoch, *confirmed_at, *marks, *fresh_marks; // of the server
    bool confirmed, own_gap, many;
    enum directory_kind only; // the one kind that it reads; DIRECTORY_KINDS: all that do not lag
    bool reading;             // the rows of a kind were asked for
    bool in_transaction;      // on the server
    struct changed_keys keys;
    struct row_merge merge;
    size_t reload_step;
    size_t domains_before;
    struct replica_writer_merged total;
    size_t bad;

    enum directory_kind last_only;
    int64_t only_at; // monotonic: no round of one kind before
    struct follow_slices slices;

    // A refused reload is not read again before the first, unless it is confirmed or the epoch is another
    // one; and not before the second where rows have changed since: a restore in progress goes on.
    int64_t refused_until, refused_pause_until;
    char refused_epoch[128];
    char refused_change[24]; // number of the newest change then
};

// The one place where the state changes: starts and stops the timers that belong to it.
void follow_state_change(struct follow *follow, enum follow_state state);

// A notification came: starts the next round soon.
void follow_state_wake(struct follow *follow);

// Sends one statement. A lost connection or an error ends the round; otherwise the answer's callbacks run.
struct follow_question {
    const char *name, *sql;
    int count;
    const char *const *values;
    int64_t timeout_ms; // 0: the connection's
    void (*on_row)(struct follow *follow, const PGresult *row);
    void (*on_answer)(struct follow *follow, const PGresult *result);
};
void follow_state_ask(struct follow *follow, const struct follow_question *question);

// Returns whether the round reads this kind.
bool follow_state_reads(const struct follow *follow, enum directory_kind kind);

// Forgets the current round; the replica stays as it was.
void follow_state_drop_round(struct follow *follow);

// Forgets the slices read so far: the next round of their kind starts with the first one.
void follow_state_drop_slices(struct follow *follow);

// ---- the end of a round ----

// After success.
void follow_state_succeed(struct follow *follow);

enum follow_pause {
    FOLLOW_POLL,  // the next round comes as if nothing had happened
    FOLLOW_SOON,  // after a second, whatever wakes it
    FOLLOW_LATER, // likewise, and longer after each failure
};

// Without effect. `why` is logged unless it is the same as the last time.
void follow_state_fail(struct follow *follow, const char *why, enum follow_pause pause);

// The same without a log line.
void follow_state_give_up(struct follow *follow);

#endif
