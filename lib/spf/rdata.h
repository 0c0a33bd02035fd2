// SPDX-License-Identifier: BSD-2-Clause
// Record data as it comes from the resolver, in wire format.
#ifndef SPF_RDATA_H
#define SPF_RDATA_H

#include "base/cidr.h"
#include "dns/dns_answer.h"
#include "dns/dns_name.h"

// Writes an uncompressed name as text, in the case it has. Returns false for one that is broken, is the root,
// or has a dot or NUL in a label.
bool rdata_name(struct slice data, char out[DNS_NAME_MAX + 1]) __attribute__((warn_unused_result));

// The exchange of an MX record (RFC 1035 section 3.3.9), as rdata_name.
bool rdata_exchange(struct slice data, char out[DNS_NAME_MAX + 1]) __attribute__((warn_unused_result));

// The address of an A or AAAA record, unchanged: an IPv4-mapped one has 128 bits.
bool rdata_address(struct slice data, enum dns_type type, struct ip *out) __attribute__((warn_unused_result));

// Returns whether one of the records of an answer holds this address.
bool rdata_has_address(const struct dns_answer *answer, const struct ip *address);

// The type of the records that hold addresses like this one.
enum dns_type rdata_address_type(const struct ip *address);

#endif
