// SPDX-License-Identifier: BSD-2-Clause
// Reads a DNS message (RFC 1035 section 4) into an answer. Pure; any bytes may come in.
#ifndef DNS_DNS_PACKET_H
#define DNS_DNS_PACKET_H

#include "dns/dns_answer.h"
#include "dns/dns_name.h"

// Room for the most MX records that an answer can hold, with names of full length; texts have as much.
#define DNS_PACKET_SCRATCH_MAX ((size_t)DNS_RECORDS_MAX * 257)

// Follows the CNAMEs from the question and takes the records of its type; records beyond DNS_RECORDS_MAX
// or does not fit in `scratch` is left out and makes the answer `truncated`. `ttl` is the least on the way,
// or that of a negative answer (RFC 2308 section 5), or DNS_PACKET_NEGATIVE_TTL where it has no SOA. A
// message that is no whole answer to `question` (broken, truncated, another question, an error code other
// than NXDOMAIN) is DNS_FAILED. The answer points into `scratch`.
#define DNS_PACKET_NEGATIVE_TTL 60
void dns_packet_parse(struct slice packet, const struct dns_question *question,
                      char scratch[DNS_PACKET_SCRATCH_MAX], struct dns_answer *out);

#endif
