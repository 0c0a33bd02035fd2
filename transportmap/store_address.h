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

// Whether `domain` is short enough to have such a form: a name has at most 253 bytes.
bool store_address_possible(struct slice domain);

#endif
