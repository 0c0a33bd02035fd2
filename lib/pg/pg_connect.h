// SPDX-License-Identifier: BSD-2-Clause
// Making a connection, without blocking.
#ifndef PG_PG_CONNECT_H
#define PG_PG_CONNECT_H

#include "pg/pg_state.h"

// Starts to connect. On failure the next attempt is scheduled.
void pg_connect_start(struct pg *pg);

// The next step; called each time the socket is ready. Calls on_ready once connected.
void pg_connect_step(struct pg *pg);

#endif
