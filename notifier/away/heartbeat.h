// SPDX-License-Identifier: BSD-2-Clause
// Calls an URL once a minute, for a dead man's switch elsewhere: it alerts the operator when the calls stop.
#ifndef NOTIFIER_AWAY_HEARTBEAT_H
#define NOTIFIER_AWAY_HEARTBEAT_H

#include "base/problem.h"
#include "transfer/transfer.h"

struct heartbeat;

// All is borrowed.
struct heartbeat_spec {
    struct transfer_pool *transfers;
    const char *url, *method;
    // Returns whether the daemon does its work; if not, nothing is called. `why` gets the reason.
    bool (*is_healthy)(const char **why);
};

// Check of the option: GET or POST.
bool heartbeat_check_method(const char *value, struct problem *problem);

// Returns NULL if out of memory.
struct heartbeat *heartbeat_create(struct event_base *base, const struct heartbeat_spec *spec);
// NULL is allowed.
void heartbeat_destroy(struct heartbeat *heartbeat);

#endif
