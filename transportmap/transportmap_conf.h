// SPDX-License-Identifier: BSD-2-Clause
// transportmap's options; what each means stands in its table and in emailgency-transportmap.conf(5).
#ifndef TRANSPORTMAP_TRANSPORTMAP_CONF_H
#define TRANSPORTMAP_TRANSPORTMAP_CONF_H

#include "daemon/daemon.h"
#include "daemon/option_groups.h"
#include "pg/pg_options.h"

struct transportmap_conf {
    struct daemon_conf daemon;
    struct listen_conf listen;
    char *directory;
    char *lmtp_destination;
    char *inet_protocols;
    struct database_conf database;
    char *node;
    char *mx_hosts;
    int64_t mx_check_interval;
    struct dns_conf dns;
};

extern const struct conf_option transportmap_options[];
extern struct transportmap_conf transportmap_conf;

// Whether `inet_protocols` names "ipv4" or "ipv6", or is "all".
bool transportmap_uses(const char *protocol);

#endif
