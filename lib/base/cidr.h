// SPDX-License-Identifier: BSD-2-Clause
// IP addresses and networks. An IPv4-mapped IPv6 address (::ffff:192.0.2.1) is the IPv4 address, everywhere.
#ifndef BASE_CIDR_H
#define BASE_CIDR_H

#include "base/slice.h"

#include <stdint.h>

struct ip {
    uint8_t bits;      // 32 or 128
    uint8_t bytes[16]; // network order; an IPv4 address uses the first four
};

struct cidr {
    struct ip base; // host bits are zero
    uint8_t prefix; // 0 … base.bits
};

#define CIDR_TEXT_MAX 64

// Dotted quad without leading zeros, or RFC 4291 text, without brackets and without zone. An "IPv6:" tag
// (RFC 5321 section 4.1.3) is accepted.
bool ip_parse(struct slice in, struct ip *out) __attribute__((warn_unused_result));

// The same with or without the brackets in which Postfix writes addresses, as in [192.0.2.1].
bool ip_parse_bracketed(struct slice in, struct ip *out) __attribute__((warn_unused_result));

bool ip_equal(const struct ip *a, const struct ip *b);

// The canonical text (RFC 5952); below ::/96 the last 32 bits are dotted, as PostgreSQL's inet prints them.
void ip_format(const struct ip *in, char out[CIDR_TEXT_MAX]);

// `address/prefix`, or an address alone, which is a network of one. Host bits must be zero.
// "::ffff:192.0.2.0/120" is 192.0.2.0/24.
bool cidr_parse(struct slice in, struct cidr *out) __attribute__((warn_unused_result));

bool cidr_contains(const struct cidr *network, const struct ip *address);

// The network of `prefix` bits that holds `address`; a prefix above address->bits is address->bits.
struct cidr cidr_of(const struct ip *address, unsigned prefix);

// The network of a client, by which limits count: IPv4 /24, one operator's usual share; IPv6 /64, one host's
// (RFC 6177), which chooses its address in it.
struct cidr cidr_of_client(const struct ip *client);

// "address/prefix".
void cidr_format(const struct cidr *in, char out[CIDR_TEXT_MAX]);

// The labels of a DNS look-up by address: "2.0.0.127" or 32 nibbles, without zone (RFC 5782 section 2).
#define IP_REVERSED_MAX 72
void ip_reversed(const struct ip *in, char out[IP_REVERSED_MAX]);

#endif
