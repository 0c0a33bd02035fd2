// SPDX-License-Identifier: BSD-2-Clause
// tracker's options; its table and emailgency-tracker.conf(5) describe them.
#ifndef TRACKER_TRACKER_CONF_H
#define TRACKER_TRACKER_CONF_H

#include "daemon/daemon.h"
#include "pg/pg_options.h"

struct tracker_conf {
    struct daemon_conf daemon;
    struct database_conf database;
    char *node;
    char *mail_log;
    int64_t batch_interval_ms;
    int64_t batch_lines;
    int64_t messages_max;
    int64_t backoff_min, backoff_max; // seconds
};

extern const struct conf_option tracker_options[];
extern struct tracker_conf tracker_conf;

#endif
