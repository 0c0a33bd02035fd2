// SPDX-License-Identifier: BSD-2-Clause
// The identity of a client for greylisting: the registrable domain of its confirmed name, unless the name
// looks dynamic or contains the address; else its /24 or /64.
#ifndef POLICYD_IDENTITY_IDENTITY_H
#define POLICYD_IDENTITY_IDENTITY_H

#include "base/address.h"
#include "base/cidr.h"

struct identity_rules; // the public suffix list

struct identity {
    char text[ADDRESS_DOMAIN_MAX + 1]; // "example.com", "192.0.2.0/24" or "2001:db8::/64"
    char network[CIDR_TEXT_MAX];       // always the /24 or /64
    bool named;                        // `text` is a domain
};

// libpsl's built-in or the system's list (Debian: publicsuffix), whichever is newer. Returns NULL if there
// is none.
struct identity_rules *identity_rules_create(void);
void identity_rules_destroy(struct identity_rules *rules);

// `client_name` is Postfix's client_name: confirmed forward and back, or "unknown"; any case, any bytes. The
// list's private suffixes count, so that each customer of a shared host has its own identity; a name that is
// a public suffix, or no host name, gives the network. So does a list that is NULL. Allocates nothing.
void identity_of(const struct identity_rules *rules, const struct ip *client, struct slice client_name,
                 struct identity *out);

// Returns whether a name looks like one of a dial-up, DSL or cloud range: a telling word left of the last
// two labels ("dyn", "dhcp", "dsl", "pool", …; not where the first label says "mail", "mx", "smtp", …), or
// the address in it: three or four of its octets, zero-padded or not, in order or reversed; all of it in
// hexadecimal or as one number; an IPv6 address's prefix, host part or four of its groups. Two octets are
// not enough: senders of bulk mail number their hosts so. False for "unknown" and for texts that are no name.
bool identity_name_dynamic(struct slice client_name, const struct ip *client);

#endif
