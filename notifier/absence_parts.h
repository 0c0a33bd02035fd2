// SPDX-License-Identifier: BSD-2-Clause
// The parts for the time without a database, and the heartbeat, as the options say.
#ifndef NOTIFIER_ABSENCE_PARTS_H
#define NOTIFIER_ABSENCE_PARTS_H

#include "base/problem.h"
#include "directory/directory.h"
#include "notifier/rounds/probe_round.h"
#include "pg/pg.h"

// The path of a file in the folder of option spool; "": there is none. Valid until the next call.
const char *absence_parts_path(const char *name);

// To be called after alert_routes_open. Returns false if heartbeat_url is none that is allowed, or if out of
// memory; absence_parts_close is due in either case.
bool absence_parts_open(struct event_base *base, struct pg *pg, struct directory *directory,
                        struct probe_round *probes, struct problem *problem);

// The database must have been destroyed before.
void absence_parts_close(void);

#endif
