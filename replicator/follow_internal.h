// SPDX-License-Identifier: BSD-2-Clause
// What follow.c (when to look), follow_round.c (one look), follow_reload.c (all rows), follow_alone.c (a kind
// that stands behind the others) and follow_chore.c (what is done between rounds) share; nobody else includes
// it.
#ifndef REPLICATOR_FOLLOW_INTERNAL_H
#define REPLICATOR_FOLLOW_INTERNAL_H

#include "io/loop.h"
#include "pg/array_literal.h"
#include "pg/pg.h"
#include "replicator/changed_keys.h"
#include "replicator/replica_state.h"
#include "replicator/row_merge.h"
#include "replicator/row_query.h"
#include "replicator/server_state.h"

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
    FOLLOW_CHORE      // between rounds: pruning, looking for who is in the way
};

// The kind that one round reads alone, a slice at a time: slices are of different snapshots, and what changed
// since the first one is read at the end.
struct follow_slices {
    enum directory_kind kind;     // DIRECTORY_KINDS: none under way
    char *since;                  // the snapshot of the first one
    struct row_key first, second; // the key of the last row so far
    size_t rows;                  // of the slice under way
};

struct follow {
    enum follow_state state;
    struct pg *pg;
    struct replica_state store;
    struct loop_timer timer;   // in FOLLOW_IDLE: the next round
    struct loop_timer readers; // the next search for dead readers
    bool woken;                // a notification came during a round
    int64_t not_before;        // monotonic: no round before, after a failure
    int64_t pause_ms;          // of the last failure
    int64_t prune_at, saved_at, reload_at;
    int64_t watch_at;          // no word on the notification queue before
    double queue;              // its use, 0 to 1
    enum directory_kind blame; // the table whose lock is to be explained; DIRECTORY_KINDS: none
    int64_t proved_at;         // wall clock: when the last round found the replica current
    char problem[512];         // of the last round; empty: it went well

    // The question under way; its answer comes to `on_row` row by row, where set, and then to `on_answer`.
    void (*on_row)(struct follow *follow, const PGresult *row);
    void (*on_answer)(struct follow *follow, const PGresult *result);
    char sql[ROW_QUERY_MAX];
    struct array_literal array;

    // The round under way.
    int64_t started_ms, started_at;
    char *snapshot, *epoch, *confirmed_at, *marks, *fresh_marks; // of the server
    bool confirmed, own_gap, many;
    enum directory_kind alone; // the kind that it reads; DIRECTORY_KINDS: all that are not behind
    bool reading;              // a kind's rows were asked for
    enum directory_kind last_alone;
    int64_t alone_at; // monotonic: no round of one kind before
    struct follow_slices slices;
    bool in_transaction; // on the server
    struct changed_keys keys;
    struct row_merge feed;
    size_t reload_step;
    size_t domains_before;
    struct writer_merged total;
    size_t bad;
    // A refused reload is not read again before, unless it is confirmed or the epoch is another one: a
    // restore that was under way is done.
    int64_t refused_until;
    char refused_epoch[128];
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

// Starts a round; it ends in follow_round_done, or in follow_fail or follow_locked.
void follow_round(struct follow *follow);
void follow_round_done(struct follow *follow);

// Forgets the round under way; the replica stays as it was.
void follow_round_drop(struct follow *follow);

enum follow_pause {
    FOLLOW_POLL,  // the next round comes as if nothing had happened
    FOLLOW_SOON,  // after a second, whatever wakes it
    FOLLOW_LATER, // likewise, and longer after each failure
};

// Ends the round without effect. `why` is logged when it is news.
void follow_fail(struct follow *follow, const char *why, enum follow_pause pause);
// Ends it without a word.
void follow_give_up(struct follow *follow);

// ---- parts of a round; those that return false have ended it ----

bool follow_begin_write(struct follow *follow);
// Commits what was read, with the position that fits the round.
bool follow_save(struct follow *follow, bool reloaded);
// What follow_save notes.
struct replica_state_notes follow_notes(const struct follow *follow, bool reloaded);
// Ends the server's transaction after success.
void follow_end(struct follow *follow);
// A row of a kind, and the end of a feed.
void follow_row(struct follow *follow, const PGresult *row);
void follow_take_total(struct follow *follow);
void follow_ask_changes(struct follow *follow);

// Compares all rows.
void follow_reload(struct follow *follow, const char *why);

// The kind whose turn it is, DIRECTORY_KINDS where the round is of all others.
enum directory_kind follow_alone_next(const struct follow *follow);
// How long until the next such turn, at most `ms`.
int64_t follow_alone_wait(const struct follow *follow, int64_t ms);
// The round of one kind, once the server's state is known.
void follow_alone(struct follow *follow);
// Reads all rows of it.
void follow_alone_all(struct follow *follow);
void follow_alone_reset(struct follow *follow);
// The table that the round reads is locked: the others go on without it.
void follow_locked(struct follow *follow);
// Asks which kinds have too many changes; they are read alone from now on.
void follow_ask_crowded(struct follow *follow);

// Starts what is due between rounds. Returns false where nothing is.
bool follow_chore(struct follow *follow);

#endif
