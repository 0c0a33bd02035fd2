// SPDX-License-Identifier: BSD-2-Clause
// The settings of a resolver.
#ifndef RESOLVER_RESOLVER_SPEC_H
#define RESOLVER_RESOLVER_SPEC_H

#include <stdint.h>

struct resolver_spec {
    const char *servers;    // "ip[@port]" separated by blanks or commas; empty: /etc/resolv.conf
    int64_t timeout_ms;     // the deadline of a look-up
    int64_t max_ttl;        // seconds; caps the TTL of records and negative answers
    unsigned cache_max;     // names kept
    unsigned in_flight_max; // look-ups at once; one more fails at once
};

#endif
