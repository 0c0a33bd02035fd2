// SPDX-License-Identifier: BSD-2-Clause
// The notifier's options; its table and emailgency-notifier.conf(5) describe them.
#ifndef NOTIFIER_NOTIFIER_CONF_H
#define NOTIFIER_NOTIFIER_CONF_H

#include "daemon/daemon.h"
#include "daemon/option_groups.h"
#include "notifier/sms_options.h"
#include "pg/pg_options.h"

struct notifier_conf {
    struct daemon_conf daemon;
    char *directory;
    struct database_conf database;
    char *node;
    char *mx_hosts;
    int64_t mx_check_interval;
    struct dns_conf dns;
    char *helo_name;
    char *probe_bind_address;
    int64_t probes_in_flight;
    char *sendmail;
    char *postfix_config;
    char *alert_sender;
    char *queuewatch;
    char *queuehold;
    char *postqueue;
    int64_t kept_days;
    char *locale_folder;
    char *second_smarthost, *second_smarthost_user;
    struct conf_secret second_smarthost_password;
    char *ca_file, *plain_hosts;
    struct sms_conf sms, second_sms;
    char *spool;
    int64_t database_alert_after;
    char *operator_contacts;
    char *heartbeat_url, *heartbeat_method;
    char *sms_gammu_database;
    struct conf_secret sms_gammu_password;
    struct conf_secret round_trip_key, round_trip_previous_key;
    struct listen_conf round_trip;
    struct conf_secret webhook_key, webhook_old_key;
    char *webhook_networks;
};

extern const struct conf_option notifier_options[];
extern struct notifier_conf notifier_conf;

// The checks of -t with the rights of the daemon's account (daemon/self_check.h).
void notifier_conf_probe(void);

#endif
