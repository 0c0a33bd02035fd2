// SPDX-License-Identifier: BSD-2-Clause
// A domain's `transport`: host[:port]. A malformed next hop stops Postfix's smtp(8), so nothing but these
// forms is let through (Postfix src/util/host_port.c, src/smtp/smtp_connect.c).
#ifndef BASE_TRANSPORT_H
#define BASE_TRANSPORT_H

#include "base/slice.h"

#include <stdint.h>

enum transport_host { TRANSPORT_NAME, TRANSPORT_IPV4, TRANSPORT_IPV6 };

struct transport {
    enum transport_host kind;
    struct slice host; // without brackets and "IPv6:" tag
    uint16_t port;     // 25 where none is given
};

// Accepts a host name, an IPv4 address, "[IPv6]" (or "[IPv4]"), each with an optional ":port" of 1 to 65535.
// The slices point into `in`.
bool transport_parse(struct slice in, struct transport *out) __attribute__((warn_unused_result));

// Returns whether the host can be a customer's at all, by its own form: an address that is no special one
// (RFC 6890: loopback, link-local, unspecified, multicast, broadcast, private and such), or a name of two
// labels or more that is not below "localhost", "local", "internal" or "invalid".
bool transport_is_public(const struct transport *transport);

// Returns whether `list` (network_list.h) has the host: its name, its address, or a network that holds
// that.
bool transport_is_listed(const struct transport *transport, struct slice list);

#endif
