// SPDX-License-Identifier: BSD-2-Clause
// One log-in to PostgreSQL, and what can be read there.
#ifndef CTL_DATABASE_LOOK_H
#define CTL_DATABASE_LOOK_H

#include <stdio.h>

struct database_look {
    const char *daemon;   // of ctl/check/postgresql_check.h, or "dovecot" or "admin"
    const char *conninfo; // libpq
    const char *password; // NULL or empty: none
};

// Prints the facts pg.DAEMON.… to `out`; `arg` is a struct database_look. Waits 5 s for a connection and 5 s
// for each answer. Changes nothing.
void database_look(FILE *out, void *arg);

#endif
