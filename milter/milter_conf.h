// SPDX-License-Identifier: BSD-2-Clause
// The milter's options; its table and emailgency-milter.conf(5) describe them.
#ifndef MILTER_MILTER_CONF_H
#define MILTER_MILTER_CONF_H

#include "daemon/daemon.h"
#include "daemon/option_groups.h"
#include "pg/pg_options.h"

struct milter_conf {
    struct daemon_conf daemon;
    struct listen_conf listen;
    char *directory;
    struct database_conf database;
    char *node;
    struct activity_conf activity;
    char *authserv_id;
    char *postfix_config;
    char *batv_keys_file;
    char *spf_worker;
    char *spf_worker_user;
    int64_t spf_workers;
    int64_t spf_checks;
    int64_t spf_within_ms;
    struct dns_conf dns;
};

extern const struct conf_option milter_options[];
extern struct milter_conf milter_conf;

// The checks of -t with the rights of the daemon's account (daemon/self_check.h).
void milter_conf_probe(void);

#endif
