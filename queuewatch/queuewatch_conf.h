// SPDX-License-Identifier: BSD-2-Clause
// queuewatch's options; its table and emailgency-queuewatch.conf(5) describe them.
#ifndef QUEUEWATCH_QUEUEWATCH_CONF_H
#define QUEUEWATCH_QUEUEWATCH_CONF_H

#include "daemon/daemon.h"
#include "daemon/option_groups.h"

struct queuewatch_conf {
    struct daemon_conf daemon;
    struct listen_conf listen;
    char *directory;
    char *queue_directory;
    char *postfix_config;
    int64_t queue_interval, walk_interval; // seconds
    int64_t walk_rate;
    int64_t messages_max;
};

extern const struct conf_option queuewatch_options[];
extern struct queuewatch_conf queuewatch_conf;

#endif
