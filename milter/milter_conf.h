// SPDX-License-Identifier: BSD-2-Clause
// The milter's options; what each means stands in its table and in emailgency-milter.conf(5).
#ifndef MILTER_MILTER_CONF_H
#define MILTER_MILTER_CONF_H

#include "daemon/daemon.h"

struct milter_conf {
    struct daemon_conf daemon;
    char *listen;
    char *listen_mode;
    char *listen_group;
    char *directory;
    char *database;
    struct conf_secret database_password;
    int64_t database_timeout_ms;
    char *node;
    char *activity_spool;
    int64_t activity_interval_ms;
    char *authserv_id;
    char *postfix_config;
    char *batv_keys_file;
    char *spf_worker;
    char *spf_worker_user;
    int64_t spf_workers;
    int64_t spf_checks;
    int64_t spf_within_ms;
    char *dns_servers;
    int64_t dns_timeout_ms;
    int64_t dns_max_ttl;
    int64_t dns_cache;
};

extern const struct conf_option milter_options[];
extern struct milter_conf milter_conf;

#endif
