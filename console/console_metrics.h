// SPDX-License-Identifier: BSD-2-Clause
// The console's metrics; docs/operations.md describes them.
#ifndef CONSOLE_CONSOLE_METRICS_H
#define CONSOLE_CONSOLE_METRICS_H

#include "console/routes/console_route.h"

#include <stdint.h>

void console_metrics_register(void);

// A request was answered; `route` NULL: of no row.
void console_metrics_request(const struct console_route *route, int status, int64_t microseconds);

// emailgency-console-auth replied to a request, with "ok" or this reason; log-ins are counted.
void console_metrics_login(const char *verb, const char *outcome);

void console_metrics_refresh(unsigned waiting, unsigned connected);

#endif
