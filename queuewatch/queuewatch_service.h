// SPDX-License-Identifier: BSD-2-Clause
// The socket on which the notifier asks (docs/protocols.md).
#ifndef QUEUEWATCH_QUEUEWATCH_SERVICE_H
#define QUEUEWATCH_QUEUEWATCH_SERVICE_H

#include "daemon/option_groups.h"
#include "queuewatch/watcher.h"

#include <event2/event.h>

// Listens; until it serves, replies say that there is no sample.
bool queuewatch_service_start(struct event_base *base, const struct listen_conf *listen,
                              struct problem *problem) __attribute__((warn_unused_result));

// From now on the watcher answers; it looks at the queue every `interval_ms`.
void queuewatch_service_serve(struct event_base *base, struct watcher *watcher, int64_t interval_ms);

void queuewatch_service_finish(void);

#endif
