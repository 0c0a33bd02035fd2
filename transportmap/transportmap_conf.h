// SPDX-License-Identifier: BSD-2-Clause
// transportmap's options; its table and emailgency-transportmap.conf(5) describe them.
#ifndef TRANSPORTMAP_TRANSPORTMAP_CONF_H
#define TRANSPORTMAP_TRANSPORTMAP_CONF_H

#include "daemon/daemon.h"
#include "daemon/option_groups.h"

struct transportmap_conf {
    struct daemon_conf daemon;
    struct listen_conf listen;
    char *directory;
    char *lmtp_destination;
    char *round_trip_destination;
    char *inet_protocols;
    char *mx_hosts;
};

extern const struct conf_option transportmap_options[];
extern struct transportmap_conf transportmap_conf;

// Returns whether `inet_protocols` names "ipv4" or "ipv6", or is "all".
bool transportmap_uses(const char *protocol);

// The checks of -t with the rights of the daemon's account (daemon/self_check.h).
void transportmap_conf_probe(void);

#endif
