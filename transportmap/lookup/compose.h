// SPDX-License-Identifier: BSD-2-Clause
// Writes an expansion as Postfix reads it: addresses in external form, commas between.
#ifndef TRANSPORTMAP_LOOKUP_COMPOSE_H
#define TRANSPORTMAP_LOOKUP_COMPOSE_H

#include "directory/expansion.h"

enum compose_rc {
    COMPOSE_OK,
    COMPOSE_NONE,      // no address to write
    COMPOSE_TOO_MANY,  // more than EXPANSION_MAX addresses, or more than `size` bytes with the closing NUL
    COMPOSE_UNSTORABLE // an address that only the store has, and its domain's name is too long for that
};

// The recipients of the copies: the customer's under the address itself, the store's in the store's form.
// Postfix asks again for each; it ends since an address that is relayed is among its own results
// (src/cleanup/cleanup_map1n.c), and the store's form has none. An address that only the customer's
// server vouches for gets no store copy: verify(8)'s probe is expanded as mail is, and the store would say
// yes in that server's place.
enum compose_rc compose_recipients(const struct expansion *expansion, char *out, size_t size, size_t *len)
    __attribute__((warn_unused_result));

// The logins that may send under the address: the mailboxes that it is or leads to.
enum compose_rc compose_logins(const struct expansion *expansion, char *out, size_t size, size_t *len)
    __attribute__((warn_unused_result));

#endif
