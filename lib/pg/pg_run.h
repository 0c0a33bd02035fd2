// SPDX-License-Identifier: BSD-2-Clause
// Statements on an established connection: sends them, takes in results and notifications.
#ifndef PG_PG_RUN_H
#define PG_PG_RUN_H

#include "pg/pg_state.h"

// The socket is ready: reads results and notifications, sends the next statement. `what` are libevent's
// events.
void pg_run_io(struct pg *pg, short what);

// Sends the next statement, unless one is in flight.
void pg_run_next(struct pg *pg);

#endif
