// SPDX-License-Identifier: BSD-2-Clause
#include "transportmap/lookup/route.h"

#include "base/address.h"
#include "directory/own_host.h"

#include <stdio.h>

void route_to_store(const struct route_rules *rules, char out[ROUTE_MAX])
{
    snprintf(out, ROUTE_MAX, "lmtp:%s", rules->lmtp_destination);
}

static struct slice list_of(const struct directory_snapshot *rows, const char *setting)
{
    struct slice list;
    return directory_setting(rows, setting, &list) == DIRECTORY_OK ? list : SLICE("");
}

bool route_is_own_host(const struct directory_snapshot *rows, const struct route_rules *rules,
                       const struct transport *host)
{
    const struct own_hosts own = {.rows = rows, .list = rules->own_hosts};
    struct ip ip;
    if (host->kind == TRANSPORT_NAME)
        return own_host_is_name(&own, host->host);
    return ip_parse(host->host, &ip) && own_host_is_address(&own, &ip);
}

// Customers write transports, and our hosts reach more than customers may. Rows may be older than the rule.
static bool is_forbidden(const struct directory_snapshot *rows, const struct transport *hop,
                         const struct route_rules *rules)
{
    return (route_is_own_host(rows, rules, hop) || !transport_is_public(hop)) &&
           (hop->kind == TRANSPORT_NAME || !transport_is_listed(hop, list_of(rows, "transport_networks")));
}

// Brackets: this host, without an MX look-up.
static enum route_kind to_next_hop(const struct directory_snapshot *rows, struct slice row,
                                   const struct route_rules *rules, char out[ROUTE_MAX])
{
    struct transport hop;
    if (!transport_parse(row, &hop) || hop.host.len > ADDRESS_DOMAIN_MAX)
        return ROUTE_BROKEN;
    if ((hop.kind == TRANSPORT_IPV4 && !rules->ipv4) || (hop.kind == TRANSPORT_IPV6 && !rules->ipv6))
        return ROUTE_UNREACHABLE;
    if (is_forbidden(rows, &hop, rules))
        return ROUTE_FORBIDDEN;
    snprintf(out, ROUTE_MAX, "relay:[%.*s]:%u", (int)hop.host.len, hop.host.ptr, hop.port);
    return ROUTE_NEXT_HOP;
}

// The domain is named although Postfix would take it from the recipient: mail that waits under an alias name
// has none of the domain's MX.
static enum route_kind by_mx(const struct directory_snapshot *rows, struct slice name, char out[ROUTE_MAX])
{
    struct best_mx_row seen;
    if (!address_domain_valid(name))
        return ROUTE_BROKEN;
    if (directory_best_mx(rows, name, &seen) == DIRECTORY_OK)
        return ROUTE_BEST_MX;
    snprintf(out, ROUTE_MAX, "relay:%.*s", (int)name.len, name.ptr);
    return ROUTE_MX;
}

enum route_kind route_of(const struct directory_snapshot *rows, const struct domain_row *domain,
                         const struct route_rules *rules, char out[ROUTE_MAX])
{
    out[0] = '\0';
    if (domain->transport.len > 0)
        return to_next_hop(rows, domain->transport, rules, out);
    if (domain->mode == DOMAIN_BACKUP)
        return by_mx(rows, domain->name, out);
    route_to_store(rules, out);
    return ROUTE_STORE;
}
