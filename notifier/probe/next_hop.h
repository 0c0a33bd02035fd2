// SPDX-License-Identifier: BSD-2-Clause
// Finds the addresses that mail for a domain is delivered to: of its transport, else of its MX hosts without
// ourselves.
#ifndef NOTIFIER_PROBE_NEXT_HOP_H
#define NOTIFIER_PROBE_NEXT_HOP_H

#include "io/socket_address.h"
#include "notifier/probe/next_hop_rules.h"
#include "resolver/resolver.h"

#define NEXT_HOPS_MAX 8 // addresses
#define NEXT_HOP_TEXT_MAX (CIDR_TEXT_MAX + 10)

struct next_hop {
    char host[ADDRESS_DOMAIN_MAX + 1]; // the name, or the address as text
    char text[NEXT_HOP_TEXT_MAX]; // "192.0.2.7", "[2001:db8::7]:2525": the address, and the port unless 25
    struct socket_address address;
};

struct next_hop_search;

// All is borrowed until the callback.
struct next_hop_spec {
    const char *domain;
    const char *transport;       // "": by MX
    const char *own_hosts;       // our names and addresses, beside those of the rows (directory/own_host.h)
    struct directory *directory; // NULL: none
    struct slice allowed;        // setting transport_networks
    struct resolver *resolver;
    // Called once, from the loop, and never after next_hop_cancel; the search is freed before. With no hop
    // `why` says why.
    void (*on_found)(const struct next_hop *hops, unsigned count, const char *why, void *arg);
    void *arg;
};

// Returns NULL if out of memory; then there is no callback.
struct next_hop_search *next_hop_find(struct event_base *base, const struct next_hop_spec *spec);

void next_hop_cancel(struct next_hop_search *search);

#endif
