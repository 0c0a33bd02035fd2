// SPDX-License-Identifier: BSD-2-Clause
// The files of PostgreSQL, Dovecot and the daemons with Emailgency's lines. Each function adds the file's
// text, without marks in `in`, to `out`.
#ifndef CTL_SETUP_SETUP_FILE_H
#define CTL_SETUP_SETUP_FILE_H

#include "ctl/setup/setup_text.h"

// pg_hba.conf and pg_ident.conf: the first line that fits counts, so that the block is at the top. A file
// that has all the lines stays as it is.
void setup_hba_apply(struct slice in, struct setup_text *out);
void setup_ident_apply(struct slice in, struct setup_text *out);

// The lines that both add, for a human to read.
extern const char setup_hba_lines[], setup_ident_lines[];

// A file of which nobody else writes: the operator's own, if there is one, else `content` between marks.
void setup_own_apply(struct slice in, struct slice content, struct setup_text *out);

// logins.ini: the line of database emailgency gets `place`, as in "host=db.example.net dbname=emailgency",
// where it has that of the shipped file. Another line of the operator's stays. `marks`: between marks, for a
// file that is there.
#define SETUP_LOGINS_PLACE "host=/run/postgresql dbname=emailgency"
void setup_logins_apply(struct slice in, const char *place, bool marks, struct setup_text *out);

struct setup_assignment {
    const char *name, *value; // the value is put in double quotes; NULL: this one is left out
};

// A daemon's file: assignments, to a NULL name, of what the operator did not set. An empty file gets a block
// in any case.
void setup_conf_apply(struct slice in, const struct setup_assignment *assignments, struct setup_text *out);

// The value of `name` in a daemon's file; false if it is not there. Points into `in`.
bool setup_conf_value(struct slice in, const char *name, struct slice *out);

// dovecot.conf: log-ins by the rows before the operator's own, which are tried if the rows do not have the
// user; what must count in spite of the operator's settings at the end. `folder` has the included files;
// `socket` is that for Postfix.
void setup_dovecot_apply(struct slice in, const char *folder, const char *socket, struct setup_text *out);

// conf.d/10-auth.conf: the accounts of the system may not log in.
#define SETUP_DROP_LOCAL_USERS "with --drop-local-users"
void setup_dovecot_auth_apply(struct slice in, struct setup_text *out);

#endif
