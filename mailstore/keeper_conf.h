// SPDX-License-Identifier: BSD-2-Clause
// The keeper's options; its table and emailgency-keeper.conf(5) describe them.
#ifndef MAILSTORE_KEEPER_CONF_H
#define MAILSTORE_KEEPER_CONF_H

#include "daemon/daemon.h"
#include "pg/pg_options.h"

struct keeper_conf {
    struct daemon_conf daemon;
    char *directory;
    struct database_conf database;
    char *node;
    char *limits_directory, *usage_directory;
    char *doveadm_url;
    struct conf_secret doveadm_key;
    int64_t doveadm_timeout_ms;
    char *plain_hosts, *ca_file;
    int64_t poll_interval;
    int64_t mailboxes_at_once;
};

extern const struct conf_option keeper_options[];
extern struct keeper_conf keeper_conf;

// The checks of -t with the rights of the daemon's account (daemon/self_check.h).
void keeper_conf_probe(void);

#endif
