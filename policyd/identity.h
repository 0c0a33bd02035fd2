// SPDX-License-Identifier: BSD-2-Clause
// Whom greylisting takes a client for. First hit wins: the registrable domain of its confirmed name, unless
// the name looks dynamic or carries the address; else its /24 or /64.
#ifndef POLICYD_IDENTITY_H
#define POLICYD_IDENTITY_H

#include "base/address.h"
#include "base/cidr.h"

struct identity_rules; // the public suffix list

struct identity {
    char text[ADDRESS_DOMAIN_MAX + 1]; // "example.com", "192.0.2.0/24" or "2001:db8::/64"
    char network[CIDR_TEXT_MAX];       // always the /24 or /64
    bool named;                        // `text` is a domain
};

// libpsl's built-in or the system's newest list. Returns NULL where there is none.
struct identity_rules *identity_rules_create(void);
void identity_rules_destroy(struct identity_rules *rules);

// `client_name` is Postfix's client_name: confirmed forward and back, or "unknown".
void identity_of(const struct identity_rules *rules, const struct ip *client, struct slice client_name,
                 struct identity *out);

// Whether a name looks like one of a dial-up, DSL or cloud range: a telling label ("dyn", "dhcp", "dsl",
// "pool", …) or the address in it, in decimal, hexadecimal, reversed or split by hyphens.
bool identity_name_dynamic(struct slice client_name, const struct ip *client);

#endif
