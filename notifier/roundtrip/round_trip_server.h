// SPDX-License-Identifier: BSD-2-Clause
// Takes by LMTP what Postfix delivers to the round-trip address. A probe that came back is recorded before it
// is taken; all else is taken and dropped. Nothing is ever sent in answer.
#ifndef NOTIFIER_ROUNDTRIP_ROUND_TRIP_SERVER_H
#define NOTIFIER_ROUNDTRIP_ROUND_TRIP_SERVER_H

#include "base/problem.h"
#include "directory/directory.h"
#include "notifier/token/probe_token.h"
#include "pg/pg.h"

#include <sys/types.h>

struct round_trip_listening {
    const char *address, *group; // as in io/server.h
    mode_t mode;
    uid_t owner;
};

// All is borrowed.
struct round_trip_server_spec {
    struct pg *pg;
    struct directory *directory; // for the settings
    const char *host;            // the name in the banner
    const struct probe_token_keys *keys;
};

// Opens the socket. There is one server per process; false with a human-readable message in `problem`.
bool round_trip_server_start(struct event_base *base, const struct round_trip_listening *listening,
                             struct problem *problem) __attribute__((warn_unused_result));

// Before the loop runs.
void round_trip_server_serve(const struct round_trip_server_spec *spec);

// After pg_destroy. Does nothing if it was not started.
void round_trip_server_finish(void);

#endif
