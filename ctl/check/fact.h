// SPDX-License-Identifier: BSD-2-Clause
// Facts about a node: lines "name = value" after the output of postconf(1), in one text. Names of facts have
// a dot, those of parameters of main.cf have none. The last line of a name counts, so that a test changes a
// node by a line.
//
//   conf.DAEMON.OPTION   the option in force, as the daemon's -p prints it; .file: where it is set
//   conf.DAEMON.problem  the reason why there is no option
//   account.NAME         "uid:gid,gid..."; missing: there is no such account
//   path.NAME.at         a file
//   path.NAME.parts      its folders from the root on, and itself, each "uid:gid:mode" and a letter for the
//                        type, as in "0:0:0755d"
//   path.NAME.error      the reason why .error_at, the file or a folder above it, cannot be looked at
//   path.NAME.connect    the reason why nothing answers at a socket
//   dovecot.SETTING      doveconf -n, sections with dots (ctl/check/doveconf.h)
//   pg.DAEMON.*, replica.*, dns.*, disk.*: with the check of each
#ifndef CTL_CHECK_FACT_H
#define CTL_CHECK_FACT_H

#include "ctl/check/postconf.h"

// The value of a fact; empty if there is none.
struct slice fact_text(const struct postconf *facts, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Returns false if there is no such fact or it is no number.
bool fact_number(const struct postconf *facts, int64_t *out, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Access of an account to a file by the modes of the file and of all folders above it.
enum fact_access {
    FACT_MAY,
    FACT_MAY_NOT, // by the mode of `at`
    FACT_MISSING, // `at` does not exist
    FACT_HIDDEN,  // `at` may not be looked at by the account that collects the facts
    FACT_NOBODY,  // there is no such account
};

struct fact_path {
    char at[512];         // the file or folder that decides
    unsigned mode;        // its permissions
    char type;            // of the file itself: 'd', 'f', 's' (socket) or '?'
    bool is_file;         // `at` is the file itself
    bool is_open;         // any account may enter all its folders
    int64_t uid;          // owner of `at`
    struct slice problem; // with FACT_MISSING and FACT_HIDDEN
};

// `name` is that of the facts path.NAME; `bits` are 4 to read, 2 to write, 1 to execute the file. Root may
// everything but execute a file that nobody may execute.
enum fact_access fact_path_access(const struct postconf *facts, const char *name, struct slice account,
                                  unsigned bits, struct fact_path *out);

#endif
