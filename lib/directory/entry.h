// SPDX-License-Identifier: BSD-2-Clause
// One white list entry, as the admin of a domain writes it.
#ifndef DIRECTORY_ENTRY_H
#define DIRECTORY_ENTRY_H

#include "base/cidr.h"

enum entry_kind {
    ENTRY_ADDRESS,   // user@example.com
    ENTRY_DOMAIN,    // example.com
    ENTRY_BELOW,     // .example.com: and all below
    ENTRY_NETWORK,   // 192.0.2.1, 192.0.2.0/24, 2001:db8::/32
    ENTRY_HOST,      // host:mx.example.com
    ENTRY_HOST_BELOW // host:.example.com: and all below
};

struct entry {
    enum entry_kind kind;
    struct cidr network; // ENTRY_NETWORK
};

// Takes lower-case text in exactly these forms. Returns false for anything else.
bool entry_parse(struct slice text, struct entry *out) __attribute__((warn_unused_result));

#endif
