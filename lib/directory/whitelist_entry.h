// SPDX-License-Identifier: BSD-2-Clause
// One white list entry, as the admin of a domain writes it.
#ifndef DIRECTORY_WHITELIST_ENTRY_H
#define DIRECTORY_WHITELIST_ENTRY_H

#include "base/cidr.h"

enum whitelist_entry_kind {
    WHITELIST_ENTRY_ADDRESS,   // user@example.com
    WHITELIST_ENTRY_DOMAIN,    // example.com
    WHITELIST_ENTRY_BELOW,     // .example.com: and all below
    WHITELIST_ENTRY_NETWORK,   // 192.0.2.1, 192.0.2.0/24, 2001:db8::/32
    WHITELIST_ENTRY_HOST,      // host:mx.example.com
    WHITELIST_ENTRY_HOST_BELOW // host:.example.com: and all below
};

struct whitelist_entry {
    enum whitelist_entry_kind kind;
    struct cidr network; // WHITELIST_ENTRY_NETWORK
};

// Takes lower-case text in exactly these forms. Returns false for anything else.
bool whitelist_entry_parse(struct slice text, struct whitelist_entry *out)
    __attribute__((warn_unused_result));

#endif
