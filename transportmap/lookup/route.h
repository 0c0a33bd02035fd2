// SPDX-License-Identifier: BSD-2-Clause
// The route of a domain's mail, as Postfix's transport(5) writes it. What would stop or mislead smtp(8) is no
// route: such mail waits (src/util/host_port.c, src/smtp/smtp_connect.c).
#ifndef TRANSPORTMAP_LOOKUP_ROUTE_H
#define TRANSPORTMAP_LOOKUP_ROUTE_H

#include "base/transport.h"
#include "directory/directory.h"

#define ROUTE_MAX 512 // bytes of a route

struct route_rules {
    const char *lmtp_destination; // of the mail store, "unix:private/dovecot-lmtp" or "inet:127.0.0.1:24"
    const char *round_trip_destination; // of the notifier, likewise; NULL: none
    bool ipv4, ipv6;       // which of them Postfix uses (inet_protocols): the other's literals would bounce
    const char *own_hosts; // names and addresses of our hosts, beside the setting mx_hosts; NULL: none
};

enum route_kind {
    ROUTE_STORE,       // to the mail store
    ROUTE_NEXT_HOP,    // to the row's transport
    ROUTE_MX,          // by MX, without ourselves
    ROUTE_BROKEN,      // the row's transport cannot be a next hop
    ROUTE_UNREACHABLE, // an address of a protocol that Postfix does not use
    ROUTE_FORBIDDEN,   // one of our hosts, or in a network that is no customer's (setting transport_networks)
    ROUTE_BEST_MX,     // by MX, but the best MX is ourselves: smtp(8) would bounce the mail as a loop
};

// Writes the route, ending in NUL; empty from ROUTE_BROKEN on.
enum route_kind route_of(const struct directory_snapshot *rows, const struct domain_row *domain,
                         const struct route_rules *rules, char out[ROUTE_MAX])
    __attribute__((warn_unused_result));

// Returns whether it is one of the service's own hosts (directory/own_host.h).
bool route_is_own_host(const struct directory_snapshot *rows, const struct route_rules *rules,
                       const struct transport *host);

// The route to the mail store.
void route_to_store(const struct route_rules *rules, char out[ROUTE_MAX]);

#endif
