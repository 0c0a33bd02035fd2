// SPDX-License-Identifier: BSD-2-Clause
// Sends the probe mails that are due: claims them in the database, so that the nodes share the work, hands
// each to Postfix, and records that; gives up those that do not come back, and has incidents opened.
#ifndef NOTIFIER_ROUNDTRIP_ROUND_TRIP_ROUND_H
#define NOTIFIER_ROUNDTRIP_ROUND_TRIP_ROUND_H

#include "directory/directory.h"
#include "notifier/token/probe_token.h"
#include "pg/pg.h"

struct round_trip_round;

// All is borrowed.
struct round_trip_spec {
    struct pg *pg;
    struct directory *directory; // for the settings
    const char *node;
    const char *sendmail; // as in notifier/outbox/mail_sender.h
    const struct probe_token_keys *keys;
};

// Returns NULL if out of memory.
struct round_trip_round *round_trip_round_create(struct event_base *base, const struct round_trip_spec *spec);
void round_trip_round_destroy(struct round_trip_round *round);

#endif
