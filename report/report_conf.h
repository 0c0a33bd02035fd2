// SPDX-License-Identifier: BSD-2-Clause
// The options of emailgency-report; its table and emailgency-report.conf(5) describe them.
#ifndef REPORT_REPORT_CONF_H
#define REPORT_REPORT_CONF_H

#include "daemon/daemon.h"
#include "daemon/option_groups.h"
#include "pg/pg_options.h"

struct report_conf {
    struct daemon_conf daemon;
    struct database_conf database;
    char *node;
    char *sender, *sender_name;
    char *unsubscribe_url;
    struct conf_secret unsubscribe_key;
    char *locale_folder;
};

extern const struct conf_option report_options[];
extern struct report_conf report_conf;

#endif
