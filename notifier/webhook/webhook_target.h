// SPDX-License-Identifier: BSD-2-Clause
// The targets that webhooks may have: customers choose the URL, and must not reach through us what only we
// can reach. Pure.
#ifndef NOTIFIER_WEBHOOK_WEBHOOK_TARGET_H
#define NOTIFIER_WEBHOOK_WEBHOOK_TARGET_H

#include "base/address.h"
#include "base/cidr.h"

#include <stdint.h>

struct webhook_target {
    char host[ADDRESS_DOMAIN_MAX + 1]; // lower case
    uint16_t port;
};

// Returns whether `url` is https://, a host name of two labels or more, an optional port 443 or 8443, and a
// path, as the SQL function webhook_fault() lets them be written. A user name, an IP address, a closing dot,
// a fragment, and any byte that a URL does not have are none of it: libcurl must see the same host as we do.
bool webhook_target_parse(const char *url, struct webhook_target *out) __attribute__((warn_unused_result));

// The address of an A or AAAA record. False if it is none, or if it is not one of the Internet: the
// special-purpose registries of RFC 6890, with documentation, and everything of IPv6 that is not global
// unicast (2000::/3), so that no form with an IPv4 address in it is left (mapped, NAT64, 6to4, Teredo).
// `allowed` are networks that are let through all the same (base/network_list.h).
bool webhook_target_address(struct slice record, struct slice allowed, struct ip *out)
    __attribute__((warn_unused_result));

#endif
