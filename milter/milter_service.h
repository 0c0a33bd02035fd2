// SPDX-License-Identifier: BSD-2-Clause
// libmilter's part of the daemon: the socket, and the threads that serve it beside the loop.
#ifndef MILTER_MILTER_SERVICE_H
#define MILTER_MILTER_SERVICE_H

#include <sys/types.h>

// Makes the socket, "unix:/path" or "127.0.0.1:port"; a Unix socket gets `mode` and, unless it is empty,
// `group`. Returns NULL or a human-readable message, valid until the next call.
const char *milter_service_open(const char *address, const char *group, mode_t mode);

// Serves connections in threads of their own from now on. `ended` runs on one of them, when they have come to
// an end without milter_service_stop, too.
const char *milter_service_start(void (*ended)(void));

// Stops accepting connections and waits until libmilter has ended its threads.
void milter_service_stop(void);

#endif
