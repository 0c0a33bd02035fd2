// SPDX-License-Identifier: BSD-2-Clause
// The address, or the host name, for which a mail program (MUA) asks for its set-up. Pure.
#ifndef CONSOLE_MUA_MUA_ADDRESS_H
#define CONSOLE_MUA_MUA_ADDRESS_H

#include "base/address.h"

struct mua_address {
    char text[ADDRESS_MAX + 1];          // folded, as rows have it
    char domain[ADDRESS_DOMAIN_MAX + 1]; // its domain, in A-labels
};

// Reads an address whose domain is a host name in either form, and which XML 1.0 can hold (section 2.2).
// Returns false, with both texts empty, for any other.
bool mua_address_read(struct slice in, struct mua_address *out) __attribute__((warn_unused_result));

// The domain of a Host header: without the port, and without "autoconfig." or "autodiscover." before it.
// Returns false, with `out` empty, where it is no host name.
bool mua_address_host(struct slice host, char out[ADDRESS_DOMAIN_MAX + 1])
    __attribute__((warn_unused_result));

#endif
