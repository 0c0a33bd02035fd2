// SPDX-License-Identifier: BSD-2-Clause
#include "transportmap/lookup/postmaster.h"

#include "directory/round_trip_address.h"

static bool is_own(const struct directory_snapshot *rows, const struct route_rules *rules, struct slice name)
{
    return route_is_own_host(rows, rules, &(struct transport){.kind = TRANSPORT_NAME, .host = name}) ||
           round_trip_address_is_domain(rows, name);
}

bool postmaster_takes(const struct directory_snapshot *rows, const struct route_rules *rules,
                      struct slice local, struct slice domain, enum expansion_rc rc,
                      const struct expansion *expansion, char out[ADDRESS_MAX + 1])
{
    struct slice address, own_local, own_domain;
    if (!slice_equal(local, SLICE("postmaster")))
        return false;
    const bool unknown = rc == EXPANSION_OK && expansion->items[0].kind == RECIPIENT_UNKNOWN;
    if (!unknown && !(rc == EXPANSION_UNKNOWN_DOMAIN && is_own(rows, rules, domain)))
        return false;
    if (directory_setting(rows, "postmaster", &address) != DIRECTORY_OK ||
        address_fold(address, out) != ADDRESS_OK)
        return false;
    // An address that leads to itself would only come back here.
    return slice_split_last(slice_from(out), '@', &own_local, &own_domain) &&
           !(slice_equal(own_local, local) && slice_equal(own_domain, domain));
}
