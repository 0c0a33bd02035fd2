// SPDX-License-Identifier: BSD-2-Clause
// Addresses of round trips (docs/protocols.md): a probe mail goes to a customer's server, which redirects it
// to the address in setting round_trip_address. The domain of that address receives nothing else.
//
// The probe leaves under user@example.com.probe.invalid for user@example.com, so that no alias, copy or route
// of ordinary mail applies; ".invalid" is reserved (RFC 2606 section 2), and the transport of probes takes
// the tail off (smtp_generic_maps in packaging/postfix/master.cf).
#ifndef DIRECTORY_ROUND_TRIP_ADDRESS_H
#define DIRECTORY_ROUND_TRIP_ADDRESS_H

#include "base/slice.h"
#include "directory/directory.h"

#define ROUND_TRIP_TAIL ".probe.invalid"
#define ROUND_TRIP_TOKEN_LEN 47 // base32 digits in lower case: 29 bytes (notifier/token/probe_token.h)

// Returns whether `domain`, folded, is that of the round-trip address. False without such a setting.
bool round_trip_address_is_domain(const struct directory_snapshot *rows, struct slice domain);

// Returns whether a folded address is the round-trip address, as it is or with a token: "rt+TOKEN". Whether
// the token is genuine is not looked at.
bool round_trip_address_is(const struct directory_snapshot *rows, struct slice local, struct slice domain);

// Returns whether all of `text` has the shape of a token.
bool round_trip_address_token(struct slice text);

// Returns whether `domain`, in lower case, is that of a probe that leaves; the customer's is then in `*of`.
bool round_trip_address_leaves(struct slice domain, struct slice *of);

#endif
