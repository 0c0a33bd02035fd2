// SPDX-License-Identifier: BSD-2-Clause
// The options of emailgency-replicator.conf(5).
#ifndef REPLICATOR_REPLICATOR_CONF_H
#define REPLICATOR_REPLICATOR_CONF_H

#include "daemon/daemon.h"
#include "pg/pg_options.h"

struct replicator_conf {
    struct daemon_conf daemon;
    char *directory; // folder of the replica
    char *node;      // name under which it reports its position; empty: the host name
    struct database_conf database;
    int64_t map_size;              // bytes
    int64_t poll_interval;         // seconds
    int64_t reload_interval;       // seconds; 0: never
    int64_t reader_check_interval; // seconds
};

extern struct replicator_conf replicator_conf;
extern const struct conf_option replicator_conf_options[];

// The checks of -t with the rights of the daemon's account (daemon/self_check.h).
void replicator_conf_probe(void);

#endif
