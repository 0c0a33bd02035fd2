// SPDX-License-Identifier: BSD-2-Clause
// policyd's options; its table and emailgency-policyd.conf(5) describe them.
#ifndef POLICYD_POLICYD_CONF_H
#define POLICYD_POLICYD_CONF_H

#include "daemon/daemon.h"
#include "daemon/option_groups.h"
#include "pg/pg_options.h"

// Dovecot's questions about log-ins.
struct login_conf {
    char *listen;
    struct conf_secret key; // none: not served
    int64_t window;         // seconds
    int64_t wrong_passwords, network_failures, address_failures;
    char *exempt_networks;
    int64_t cache;
};

struct policyd_conf {
    struct daemon_conf daemon;
    struct listen_conf listen;
    char *directory;
    struct database_conf database;
    char *node;
    struct activity_conf activity;
    int64_t answer_within_ms;
    struct dns_conf dns;
    int64_t greylist_cache;
    struct login_conf login;
};

extern const struct conf_option policyd_options[];
extern struct policyd_conf policyd_conf;

// The checks of -t with the rights of the daemon's account (daemon/self_check.h).
void policyd_conf_probe(void);

#endif
