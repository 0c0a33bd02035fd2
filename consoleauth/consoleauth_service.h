// SPDX-License-Identifier: BSD-2-Clause
// The console's connections: a netstring with a JSON object in, one out.
#ifndef CONSOLEAUTH_CONSOLEAUTH_SERVICE_H
#define CONSOLEAUTH_CONSOLEAUTH_SERVICE_H

#include "base/problem.h"
#include "daemon/option_groups.h"

#include <event2/event.h>

// Listens.
bool consoleauth_service_start(struct event_base *base, const struct listen_conf *listen,
                               struct problem *problem);

// Finishes what is pending, then calls `done`.
void consoleauth_service_drain(int64_t within_ms, void (*done)(void));

// Closes all connections.
void consoleauth_service_finish(void);

#endif
