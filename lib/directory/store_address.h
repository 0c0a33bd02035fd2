// SPDX-License-Identifier: BSD-2-Clause
// How the store's copy of a message is addressed between Postfix's cleanup(8) and lmtp(8):
// user@example.com.store.invalid for user@example.com. The relay's copy keeps the address itself, so that
// each has a route of its own. ".invalid" is nobody's (RFC 2606 section 2); lmtp_generic_maps takes the tail
// off before LMTP sees it (docs/protocols.md).
#ifndef DIRECTORY_STORE_ADDRESS_H
#define DIRECTORY_STORE_ADDRESS_H

#include "base/slice.h"

#define STORE_ADDRESS_TAIL ".store.invalid"
#define STORE_ADDRESS_LOCAL_MAX 255                           // bytes; NAME_MAX, of a folder's name
#define STORE_ADDRESS_MAX (STORE_ADDRESS_LOCAL_MAX + 1 + 253) // bytes; the domain's by RFC 1035 section 2.3.4

// Whether `domain`, in lower case, is the store's form of another one, which is then in `*of`.
bool store_address_domain(struct slice domain, struct slice *of);

// Writes the store's form of local@domain, both folded, ending in NUL; false where the name would be longer
// than a domain can be. The store has a folder for each local part, and Dovecot takes few bytes as a user's
// name (auth_username_chars in packaging/dovecot): it would refuse the others, which bounces mail that the
// relay has taken. They, the quotes of an empty local part, and a "." or "+" at the beginning, become "=" and
// two hexadecimal digits, "a/b" so "a=2fb". What is longer than a folder's name is cut: the sender chose it,
// and no mailbox has it.
bool store_address_compose(struct slice local, struct slice domain, char out[STORE_ADDRESS_MAX + 1])
    __attribute__((warn_unused_result));

#endif
