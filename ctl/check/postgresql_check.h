// SPDX-License-Identifier: BSD-2-Clause
// The rights that the daemons need in PostgreSQL, as data, and the faults of a log-in.
#ifndef CTL_CHECK_POSTGRESQL_CHECK_H
#define CTL_CHECK_POSTGRESQL_CHECK_H

#include "ctl/check/node_check.h"

// The daemons that log in, by the name of their configuration file; NULL after the last.
extern const char *const postgresql_daemons[];

// A right without which a daemon fails: a part of sql/code/90_rights.sql.
struct postgresql_right {
    const char *daemon, *right, *object; // "execute" is on a function, any other on a table
};

extern const struct postgresql_right postgresql_rights[]; // ends with a NULL daemon

// Adds findings for the log-in of a daemon that failed with `problem`, libpq's message. Facts:
// pg.DAEMON.user, .database, .account, .local (yes, no), pg.admin.hba_file, pg.admin.ident_file.
void postgresql_login(const struct node_check *check, const char *daemon, struct slice problem);

#endif
