// SPDX-License-Identifier: BSD-2-Clause
#include "transportmap/route.h"

#include "base/address.h"
#include "base/transport.h"

#include <stdio.h>

void route_to_store(const struct route_rules *rules, char out[ROUTE_MAX])
{
    snprintf(out, ROUTE_MAX, "lmtp:%s", rules->lmtp_destination);
}

// The brackets say: this host, without a look for its MX.
static enum route_kind to_next_hop(struct slice row, const struct route_rules *rules, char out[ROUTE_MAX])
{
    struct transport hop;
    if (!transport_parse(row, &hop) || hop.host.len > ADDRESS_DOMAIN_MAX)
        return ROUTE_BROKEN;
    if ((hop.kind == TRANSPORT_IPV4 && !rules->ipv4) || (hop.kind == TRANSPORT_IPV6 && !rules->ipv6))
        return ROUTE_UNREACHABLE;
    snprintf(out, ROUTE_MAX, "relay:[%.*s]:%u", (int)hop.host.len, hop.host.ptr, hop.port);
    return ROUTE_NEXT_HOP;
}

// The domain is named although Postfix would take it from the recipient: mail that waits under an alias name
// has none of the domain's MX.
static enum route_kind by_mx(struct slice name, char out[ROUTE_MAX])
{
    if (!address_domain_valid(name))
        return ROUTE_BROKEN;
    snprintf(out, ROUTE_MAX, "relay:%.*s", (int)name.len, name.ptr);
    return ROUTE_MX;
}

enum route_kind route_of(const struct domain_row *domain, const struct route_rules *rules,
                         char out[ROUTE_MAX])
{
    out[0] = '\0';
    if (domain->transport.len > 0)
        return to_next_hop(domain->transport, rules, out);
    if (domain->mode == DOMAIN_BACKUP)
        return by_mx(domain->name, out);
    route_to_store(rules, out);
    return ROUTE_STORE;
}
