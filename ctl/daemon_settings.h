// SPDX-License-Identifier: BSD-2-Clause
// The options of the daemons' configuration files that emailgencyctl uses.
#ifndef CTL_DAEMON_SETTINGS_H
#define CTL_DAEMON_SETTINGS_H

#include "ctl/status/status_facts.h"

struct daemon_settings {
    char *metrics;          // "" for none
    char *directory;        // of the replica
    int64_t spf_workers;    // the milter's
    int64_t greylist_cache; // policyd's
    char *queuehold;        // the notifier's: a socket; "" for none
};

enum daemon_settings_rc {
    DAEMON_SETTINGS_OK,
    DAEMON_SETTINGS_NO_RIGHT, // this account may not read the file: the defaults
    DAEMON_SETTINGS_BAD       // it is malformed: the defaults
};

// Reads FOLDER/DAEMON.conf; a file that is not there means the defaults. `out` is filled in any case, but
// daemon_settings_finish() is always right. If not DAEMON_SETTINGS_OK, a message is in `problem`.
enum daemon_settings_rc daemon_settings_read(const char *folder, enum status_daemon daemon,
                                             struct daemon_settings *out, struct problem *problem)
    __attribute__((warn_unused_result));

void daemon_settings_finish(struct daemon_settings *settings);

enum { DAEMON_SETTINGS_SOCKET = 256 };

// Reads FOLDER/logins.ini, PgBouncer's file for log-ins: writes the address of its socket. Returns false if
// there is no such file. `*readable` is false if this account may not read it; `out` is then that of the
// shipped file.
bool daemon_settings_logins(const char *folder, char out[DAEMON_SETTINGS_SOCKET], bool *readable)
    __attribute__((warn_unused_result));

#endif
