// SPDX-License-Identifier: BSD-2-Clause
// Observation of a node: the daemons' metrics, the replica, the queue.
#ifndef CTL_STATUS_GATHER_H
#define CTL_STATUS_GATHER_H

#include "ctl/daemon_settings.h"
#include "ctl/exchange.h"

struct status_places {
    const char *conf;      // folder of the daemons' files
    const char *config;    // Postfix's configuration directory; NULL: the default one
    const char *directory; // of the replica; NULL: as the replicator's file has it
};

struct status_gathering {
    struct status_facts facts; // their texts point into the rest
    struct daemon_settings settings[STATUS_DAEMONS];
    struct problem problems[STATUS_DAEMONS];
    struct exchange exchanges[STATUS_DAEMONS + 2];
    char logins[DAEMON_SETTINGS_SOCKET], queuehold[DAEMON_SETTINGS_SOCKET];
    char replica_problem[sizeof((struct problem *)0)->text];
};

// Takes less than five seconds, whatever hangs.
void status_gather(const struct status_places *places, struct status_gathering *out);
void status_gather_finish(struct status_gathering *gathering);

#endif
