// SPDX-License-Identifier: BSD-2-Clause
// The host names of the client: those of its PTR records, at most ten (RFC 7208 section 4.6.4).
#ifndef SPF_CLIENT_NAMES_H
#define SPF_CLIENT_NAMES_H

#include "spf/check_host.h"

// Finds the names that an address record confirms (RFC 7208 section 5.5), once per check. Returns false if
// the check has to wait.
bool client_names_find(struct check_host *check) __attribute__((warn_unused_result));

// %{p}: of the names found the domain itself, else one below it, else any; "unknown" where there is none.
struct slice client_names_choose(const struct check_host *check, const char *domain);

// Reads the names that are `target` or below it, unconfirmed, in the case they have.
void client_names_below(const struct dns_answer *pointers, const char *target, struct check_host_names *out);

// The name whose PTR records are asked for.
#define CLIENT_NAMES_REVERSED_MAX (IP_REVERSED_MAX + 16)
void client_names_reversed(const struct ip *client, char out[CLIENT_NAMES_REVERSED_MAX]);

#endif
