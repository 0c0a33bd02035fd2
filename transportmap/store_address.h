// SPDX-License-Identifier: BSD-2-Clause
// How the store's copy of a message is addressed between Postfix's cleanup(8) and lmtp(8):
// user@example.com.store.invalid for user@example.com. The relay's copy keeps the address itself, so that
// each has a route of its own. ".invalid" is nobody's (RFC 2606 section 2); lmtp_generic_maps takes the tail
// off before LMTP sees it (docs/protocols.md).
#ifndef TRANSPORTMAP_STORE_ADDRESS_H
#define TRANSPORTMAP_STORE_ADDRESS_H

#include "base/slice.h"

#define STORE_ADDRESS_TAIL ".store.invalid"

// Whether `domain`, in lower case, is the store's form of another one, which is then in `*of`.
bool store_address_domain(struct slice domain, struct slice *of);

// Whether the address, folded, has such a form. The name must be short enough (253 bytes), and the local part
// must serve as the name of a folder below the domain's: no "/", no blank, no leading ".". Dovecot's LMTP
// refuses the first two, which would bounce what the relay has taken, and would put the last outside of the
// mailbox's folder.
bool store_address_possible(struct slice local, struct slice domain);

#endif
