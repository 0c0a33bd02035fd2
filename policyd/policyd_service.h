// SPDX-License-Identifier: BSD-2-Clause
// The policy protocol's edge: connections of Postfix's smtpd processes, one request in flight per connection.
#ifndef POLICYD_POLICYD_SERVICE_H
#define POLICYD_POLICYD_SERVICE_H

#include "daemon/option_groups.h"
#include "policyd/request.h"

// Listens. `services` and `listening` are borrowed. Returns false with a human-readable message in
// `problem`.
bool policyd_service_start(const struct request_services *services, const struct listen_conf *listening,
                           struct problem *problem) __attribute__((warn_unused_result));

// Stops accepting connections; existing ones continue. Calls `done` when each request has its answer, or
// after `within_ms`.
void policyd_service_drain(int64_t within_ms, void (*done)(void));

void policyd_service_finish(void);

#endif
