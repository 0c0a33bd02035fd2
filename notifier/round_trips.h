// SPDX-License-Identifier: BSD-2-Clause
// Round trips of probe mail, as the options say: without a key there are none on this node.
#ifndef NOTIFIER_ROUND_TRIPS_H
#define NOTIFIER_ROUND_TRIPS_H

#include "base/problem.h"
#include "directory/directory.h"
#include "pg/pg.h"

// Opens the socket; may need root's rights. round_trips_finish is due in either case.
bool round_trips_start(struct event_base *base, struct problem *problem) __attribute__((warn_unused_result));

// `pg` is NULL without a database; then nothing is sent, and what arrives waits. Returns false if out of
// memory.
bool round_trips_run(struct event_base *base, struct pg *pg, struct directory *directory)
    __attribute__((warn_unused_result));

// After pg_destroy.
void round_trips_finish(void);

#endif
