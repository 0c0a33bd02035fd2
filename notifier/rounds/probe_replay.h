// SPDX-License-Identifier: BSD-2-Clause
// Brings what was found without the database to it, when it is back: all changes of a server and its latest
// results in one transaction. The database takes each change once, however often it is sent.
#ifndef NOTIFIER_ROUNDS_PROBE_REPLAY_H
#define NOTIFIER_ROUNDS_PROBE_REPLAY_H

#include "notifier/rounds/probe_away.h"
#include "pg/pg.h"

struct probe_replay;

// All is borrowed. Returns NULL if out of memory.
struct probe_replay *probe_replay_create(struct pg *pg, struct probe_away *away);
// The database must have been destroyed before. NULL is allowed.
void probe_replay_destroy(struct probe_replay *replay);

// Starts or continues; once a second while the database is there. Returns whether servers are being
// recorded: a claim of theirs must wait for that.
bool probe_replay_turn(struct probe_replay *replay);

// The database is away: the rest is sent when it is back.
void probe_replay_stop(struct probe_replay *replay);

#endif
