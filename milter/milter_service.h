// SPDX-License-Identifier: BSD-2-Clause
// libmilter's part of the daemon: the socket, and the threads that serve it beside the loop.
#ifndef MILTER_MILTER_SERVICE_H
#define MILTER_MILTER_SERVICE_H

#include "daemon/option_groups.h"

// Makes the socket, "unix:/path" or "127.0.0.1:port", a Unix socket with the mode and the group. Returns
// false with a human-readable message in `problem`.
bool milter_service_open(const struct listen_conf *listening, struct problem *problem)
    __attribute__((warn_unused_result));

// Serves connections in threads of their own from now on. `ended` runs on one of them, when they have come to
// an end without milter_service_stop, too. Returns false with a human-readable message in `problem`.
bool milter_service_start(void (*ended)(bool failed), struct problem *problem)
    __attribute__((warn_unused_result));

// Stops accepting connections and waits until libmilter has ended its threads.
void milter_service_stop(void);

#endif
