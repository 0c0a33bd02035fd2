// SPDX-License-Identifier: BSD-2-Clause
// Collects the facts about this node (ctl/check/fact.h). Nothing is changed. What cannot be had is a fact,
// too.
#ifndef CTL_CHECK_FACTS_H
#define CTL_CHECK_FACTS_H

#include "base/problem.h"
#include "ctl/check/postconf.h"
#include "directory/directory.h"

#include <stdio.h>

struct check_facts {
    // Places to look at, as the options say; NULL is the default of each program.
    const char *postfix;                   // Postfix's configuration directory
    const char *conf;                      // folder of the daemons' configuration
    const char *dovecot;                   // dovecot.conf
    const char *replica;                   // folder of the replica, never NULL
    const char *dns;                       // HOST:PORT
    const char *admin;                     // connection string of a superuser or operator
    const char *worker;                    // path of the SPF worker
    const struct directory_snapshot *rows; // NULL: no replica
    const char *replica_problem;           // reason for that
    FILE *out;
    char *text; // after check_facts_read
    size_t size;
};

// Ends the process if out of memory.
void check_facts_init(struct check_facts *facts);
void check_facts_finish(struct check_facts *facts);

// All facts up to now; valid until the next one is added.
struct postconf check_facts_read(struct check_facts *facts);

// Adds one; control bytes become blanks.
void check_facts_add(struct check_facts *facts, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Adds account.NAME. An unknown one is no fact.
void check_facts_account(struct check_facts *facts, struct slice name);

// Adds path.NAME.… of a file; for a socket also whether something listens there, path.NAME.connect.
void check_facts_path(struct check_facts *facts, const char *name, const char *path);

// Adds the output of postconf. Returns false with the reason in `problem`.
bool check_facts_postconf(struct check_facts *facts, struct problem *problem)
    __attribute__((warn_unused_result));

// Adds conf.DAEMON.… of all daemons, and their accounts.
void check_facts_conf(struct check_facts *facts);

// Adds those of one more.
void check_facts_daemon(struct check_facts *facts, const char *daemon);

// Those of the subjects; after the two above.
void check_facts_postfix(struct check_facts *facts);
void check_facts_dovecot(struct check_facts *facts);
void check_facts_postgresql(struct check_facts *facts);
void check_facts_logins(struct check_facts *facts); // pg.dovecot.…; after check_facts_dovecot
void check_facts_replica(struct check_facts *facts);
void check_facts_spf(struct check_facts *facts);
void check_facts_files(struct check_facts *facts);
void check_facts_log(struct check_facts *facts);
void check_facts_dns(struct check_facts *facts);
void check_facts_queue(struct check_facts *facts); // disk.queue.…, once
void check_facts_disk(struct check_facts *facts);
void check_facts_console(struct check_facts *facts); // none where the console is not installed

// The path of a program of this build, or of its installation: "policyd" is emailgency-policyd. Returns false
// if there is none.
bool check_facts_program(const char *daemon, char *out, size_t size);

#endif
