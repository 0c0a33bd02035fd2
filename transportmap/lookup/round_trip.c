// SPDX-License-Identifier: BSD-2-Clause
#include "transportmap/lookup/round_trip.h"

#include "directory/round_trip_address.h"

#include <stdio.h>

// The route with another transport: "relay:[host]:25" is "emailgency-round-trip:[host]:25".
static void route_leaving(const struct directory_snapshot *rows, const struct route_rules *rules,
                          struct slice of, struct round_trip_route *out)
{
    char route[ROUTE_MAX];
    struct domain_row domain;
    const enum directory_rc rc = directory_domain_of(rows, of, &domain);
    snprintf(out->text, sizeof out->text, "%s",
             rc == DIRECTORY_UNAVAILABLE ? "a row cannot be read"
                                         : "error:5.4.4 no server takes probes of this domain");
    out->readable = rc != DIRECTORY_UNAVAILABLE;
    if (rc != DIRECTORY_OK)
        return;
    (void)slice_copy(domain.name, out->domain, sizeof out->domain);
    const enum route_kind kind = route_of(rows, &domain, rules, route);
    if (kind == ROUTE_NEXT_HOP || kind == ROUTE_MX)
        snprintf(out->text, sizeof out->text, "emailgency-round-trip:%s", strchr(route, ':') + 1);
}

bool round_trip_route(const struct directory_snapshot *rows, const struct route_rules *rules,
                      struct slice domain, struct round_trip_route *out)
{
    struct slice of;
    out->domain[0] = '\0';
    out->home = !round_trip_address_leaves(domain, &of);
    if (!out->home) {
        route_leaving(rows, rules, of, out);
        return true;
    }
    if (!rules->round_trip_destination || !round_trip_address_is_domain(rows, domain))
        return false;
    out->readable = true;
    snprintf(out->text, sizeof out->text, "lmtp:%s", rules->round_trip_destination);
    return true;
}

bool round_trip_is_apart(const struct directory_snapshot *rows, struct slice local, struct slice domain)
{
    struct slice of;
    return round_trip_address_leaves(domain, &of) ||
           (round_trip_address_is_domain(rows, domain) && !slice_equal(local, SLICE("postmaster")));
}
