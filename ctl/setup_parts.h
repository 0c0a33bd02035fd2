// SPDX-License-Identifier: BSD-2-Clause
// The parts of setup: each adds its steps to the plan.
#ifndef CTL_SETUP_PARTS_H
#define CTL_SETUP_PARTS_H

#include "ctl/setup_plan.h"

enum {
    SETUP_POSTGRESQL = 1,
    SETUP_DAEMONS = 2,
    SETUP_DOVECOT = 4,
    SETUP_POSTFIX = 8,
};

#define SETUP_POSTFIX_FOLDER "/etc/postfix"
#define SETUP_DOVECOT_FOLDER "/etc/dovecot"
#define SETUP_ETC_FOLDER "/etc/emailgency"
#define SETUP_DATABASE "dbname=emailgency"

struct setup {
    bool interrupted; // an earlier run was killed: all parts are reloaded
    bool dry_run, yes, undo, overwrite, drop_permit_mynetworks, drop_local_users;
    unsigned parts;
    // Options; NULL if they were not given. The folders are always there.
    const char *service_domain, *postmaster, *mx_hosts, *database;
    const char *postfix, *dovecot, *etc, *share;
    struct setup_plan plan;
};

// `problem` says what is missing or cannot be read.
bool setup_postgresql_plan(struct setup *setup, struct problem *problem) __attribute__((warn_unused_result));
bool setup_daemons_plan(struct setup *setup, struct problem *problem) __attribute__((warn_unused_result));
bool setup_dovecot_plan(struct setup *setup, struct problem *problem) __attribute__((warn_unused_result));
bool setup_postfix_plan(struct setup *setup, struct problem *problem) __attribute__((warn_unused_result));

// Returns false, with the line for apt in `problem`, if a package is missing that the chosen parts need.
bool setup_packages_check(const struct setup *setup, struct problem *problem)
    __attribute__((warn_unused_result));

// The values of main.cf parameters, to NULL, of the instance, in the order of their names, one per line.
bool setup_postfix_read(const struct setup *setup, const char *const *parameters, struct setup_text *out,
                        struct problem *problem) __attribute__((warn_unused_result));

// Reads SHARE/`name`, which must be there.
bool setup_share_read(const struct setup *setup, const char *name, struct setup_text *out,
                      struct problem *problem) __attribute__((warn_unused_result));

// Adds a new file PATH with the content of SHARE/`name`, in which each text `from` of a list, to NULL, is
// replaced by the `to` at its side.
struct setup_replacement {
    const char *from, *to;
};
bool setup_share_copy(struct setup *setup, const char *name, const char *path,
                      const struct setup_replacement *replacements, struct problem *problem)
    __attribute__((warn_unused_result));

// Reads DIR/`name` for setup_plan_read.
struct setup_change *setup_read_in(struct setup *setup, const char *folder, const char *name,
                                   struct problem *problem) __attribute__((warn_unused_result));

// The connection string of the database: the option, else what an earlier run wrote, else the default.
// Returns false if it has a user or a quoted value.
bool setup_database(struct setup *setup, struct setup_text *out, struct problem *problem)
    __attribute__((warn_unused_result));

// The value of a keyword in a connection string without quotes; empty if it is not there.
struct slice setup_database_value(struct slice conninfo, const char *keyword);

// Returns whether the server is on this host, and reached by its Unix socket.
bool setup_database_is_local(struct slice conninfo);

// Asks a question on the terminal. Returns false if there is no terminal or no answer.
bool setup_ask(const char *question, struct setup_text *answer);

#endif
