// SPDX-License-Identifier: BSD-2-Clause
// policyd's options; what each means stands in its table and in emailgency-policyd.conf(5).
#ifndef POLICYD_POLICYD_CONF_H
#define POLICYD_POLICYD_CONF_H

#include "daemon/daemon.h"

struct policyd_conf {
    struct daemon_conf daemon;
    char *listen;
    char *listen_mode;
    char *listen_group;
    char *directory;
    char *database;
    struct conf_secret database_password;
    char *node;
    char *activity_spool;
    int64_t activity_interval_ms;
    int64_t answer_within_ms;
    int64_t database_timeout_ms;
    char *dns_servers;
    int64_t dns_timeout_ms;
    int64_t dns_max_ttl;
    int64_t dns_cache;
    int64_t greylist_cache;
};

extern const struct conf_option policyd_options[];
extern struct policyd_conf policyd_conf;

#endif
