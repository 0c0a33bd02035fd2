// SPDX-License-Identifier: BSD-2-Clause
// Which hosts and addresses mail for a domain is delivered to, as Postfix would. Pure.
#ifndef NOTIFIER_PROBE_NEXT_HOP_RULES_H
#define NOTIFIER_PROBE_NEXT_HOP_RULES_H

#include "base/address.h"
#include "base/cidr.h"
#include "directory/own_host.h"
#include "dns/dns_answer.h"

#define NEXT_HOP_HOSTS_MAX 8 // that are asked; the rest only matter while all of these are down

// The MX hosts of an answer in the order of preference, without those from the first on that is one of
// our own names, which Postfix leaves out as well (src/smtp/smtp_addr.c); without records the domain itself
// (RFC 5321 section 5.1). Returns how many.
unsigned next_hop_hosts(const struct dns_answer *answer, const char *domain, const struct own_hosts *own,
                        char hosts[NEXT_HOP_HOSTS_MAX][ADDRESS_DOMAIN_MAX + 1]);

// The address of an A or AAAA record; false if it is none, one of our own, or one that a name must not lead
// to: a special network (RFC 6890) that is not in `allowed` (setting transport_networks).
bool next_hop_address(struct slice record, const struct own_hosts *own, struct slice allowed, struct ip *out)
    __attribute__((warn_unused_result));

#endif
