// SPDX-License-Identifier: BSD-2-Clause
// Reads a DNS message (RFC 1035 section 4) into an answer. Pure; any bytes may come in.
#ifndef DNS_PACKET_H
#define DNS_PACKET_H

#include "dns/dns_name.h"
#include "dns/resolver.h"

// Room for the most MX records that an answer can hold, with names of full length; texts have as much.
#define PACKET_SCRATCH_MAX ((size_t)RESOLVER_RECORDS_MAX * 257)

// Follows the CNAMEs from the question and takes the records of its type; what is over RESOLVER_RECORDS_MAX
// or does not fit in `scratch` is left out and makes the answer `truncated`. `ttl` is the least on the way,
// or that of a negative answer (RFC 2308 section 5), or PACKET_NEGATIVE_TTL where it has no SOA. A message
// that is no whole answer to `question` (broken, truncated, another question, an error code other than
// NXDOMAIN) is RESOLVER_FAILED. The answer points into `scratch`.
#define PACKET_NEGATIVE_TTL 60
void packet_parse(struct slice packet, const struct dns_question *question, char scratch[PACKET_SCRATCH_MAX],
                  struct resolver_answer *out);

#endif
