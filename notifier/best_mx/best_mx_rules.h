// SPDX-License-Identifier: BSD-2-Clause
// The best MX hosts of a domain, and whether one of them belongs to the service. Pure.
#ifndef NOTIFIER_BEST_MX_BEST_MX_RULES_H
#define NOTIFIER_BEST_MX_BEST_MX_RULES_H

#include "base/address.h"
#include "directory/own_host.h"
#include "dns/dns_answer.h"

#define BEST_MX_HOSTS_MAX DNS_RECORDS_MAX // hosts of one preference, compared by name
#define BEST_MX_ADDRESSED_MAX 8           // of these, hosts whose addresses are asked for

// The hosts of the lowest preference among MX records, folded; of a name without such records the name itself
// (RFC 5321 section 5.1). Returns how many; 0 where nothing is known (no answer) or the domain takes no mail
// (RFC 7505).
unsigned best_mx_hosts(const struct dns_answer *answer, const char *domain,
                       char hosts[BEST_MX_HOSTS_MAX][ADDRESS_DOMAIN_MAX + 1]);

// Returns whether an A or AAAA record holds an address of the service.
bool best_mx_is_addressed(const struct own_hosts *own, struct slice record);

#endif
