// SPDX-License-Identifier: BSD-2-Clause
// The routes of round trips (directory/round_trip_address.h): of probes that leave, and of the address that
// they come back to. No row of a customer applies to either.
#ifndef TRANSPORTMAP_LOOKUP_ROUND_TRIP_H
#define TRANSPORTMAP_LOOKUP_ROUND_TRIP_H

#include "transportmap/lookup/route.h"

#include "base/address.h"

#define ROUND_TRIP_ROUTE_MAX (ROUTE_MAX + 40)

struct round_trip_route {
    bool home;                           // of the round-trip address; else of probes that leave
    bool readable;                       // false: not known now, and `text` says why
    char domain[ADDRESS_DOMAIN_MAX + 1]; // the customer's, under its own name; "": none
    char text[ROUND_TRIP_ROUTE_MAX];     // never empty
};

// Returns false if the domain, folded, is none of round trips. A probe that leaves takes the customer's route
// by the transport of probes. Where there is none now it bounces at once, which only the notifier sees,
// instead of waiting.
bool round_trip_route(const struct directory_snapshot *rows, const struct route_rules *rules,
                      struct slice domain, struct round_trip_route *out) __attribute__((warn_unused_result));

// Returns whether rows do not apply to a folded address: it is one of round trips, and not the postmaster.
bool round_trip_is_apart(const struct directory_snapshot *rows, struct slice local, struct slice domain);

#endif
