// SPDX-License-Identifier: BSD-2-Clause
// The policy protocol's edge: connections of Postfix's smtpd processes, one request in flight each.
#ifndef POLICYD_POLICYD_SERVICE_H
#define POLICYD_POLICYD_SERVICE_H

#include "policyd/request.h"

// Listens on `address`; `services` is borrowed. Returns NULL or a line for people, valid until the next call.
const char *policyd_service_start(const struct request_services *services, const char *address,
                                  const char *group, mode_t mode);

// Accepts nobody any more; who is connected is served on.
void policyd_service_stop_accepting(void);

// How many requests have no answer yet.
unsigned policyd_service_waiting(void);

void policyd_service_finish(void);

#endif
