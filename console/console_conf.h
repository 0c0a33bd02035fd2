// SPDX-License-Identifier: BSD-2-Clause
// The console's options; its table and emailgency-console.conf(5) describe them.
#ifndef CONSOLE_CONSOLE_CONF_H
#define CONSOLE_CONSOLE_CONF_H

#include "daemon/daemon.h"
#include "pg/pg_options.h"

struct console_conf {
    struct daemon_conf daemon;
    struct listen_conf listen;
    struct database_conf database;
    int64_t connections;
    int64_t clients;
    char *auth_socket;
    struct conf_secret secret, old_secret; // of form keys
    struct conf_secret unsubscribe_key;
    char *public_url, *webmail_url;
    char *profile_certificate_file, *profile_key_file;
    bool submissions;
    char *templates, *locale_folder;
    int64_t in_force_ms;
};

extern const struct conf_option console_options[];
extern struct console_conf console_conf;

// The option whose secret is set and too short, with the reason in `problem`; NULL: none.
const char *console_conf_short_secret(struct problem *problem);

// The console's own checks of -t.
void console_conf_probe(void);

#endif
