// SPDX-License-Identifier: BSD-2-Clause
// Address of the store's copy of a message, between Postfix's cleanup(8) and lmtp(8):
// user@example.com.store.invalid for user@example.com. The relay's copy keeps the address itself, so that
// each has a route of its own. ".invalid" is reserved (RFC 2606 section 2); lmtp_generic_maps takes the tail
// off before LMTP sees it (docs/protocols.md).
#ifndef DIRECTORY_STORE_ADDRESS_H
#define DIRECTORY_STORE_ADDRESS_H

#include "base/slice.h"

#define STORE_ADDRESS_TAIL ".store.invalid"
#define STORE_ADDRESS_LOCAL_MAX 192                           // bytes; three for each of a row's 64
#define STORE_ADDRESS_MAX (STORE_ADDRESS_LOCAL_MAX + 1 + 253) // bytes; the domain's by RFC 1035 section 2.3.4

// Returns whether `domain`, in lower case, is the store's form of another one, which is then in `*of`.
bool store_address_domain(struct slice domain, struct slice *of);

// Writes the store's form of the mailbox `user` of the domain, for mail with `extension` (both as struct
// recipient has them), ending in NUL; false where the domain's name would be longer than it can be.
//
// The store's user is the part before "+", with a folder for each. Dovecot takes few bytes as a
// user's name (auth_username_chars in packaging/dovecot): it would refuse the others, which bounces mail that
// the relay has taken; "*" and "?" would make doveadm(1) read a user as a mask of many. They, the quotes of
// an empty user, a "." at the beginning, and a "+" of the user's own become "=" and two hexadecimal digits,
// and so does a "=" before two such digits: "a/b" is "a=2fb", "x+y" with extension "+z" is "x=2by+z",
// whatever Postfix's recipient_delimiter. A user of two quotes, whose form would be that of the empty one, is
// "=00=22=22". No two users of up to 64 bytes, which rows have, share a form. What
// is longer is cut: the sender chose it, and no mailbox has it. So the names of files and folders in the
// store, which have users in them, do not get too long. SQL's store_user() writes the same for log-ins.
bool store_address_compose(struct slice user, struct slice extension, struct slice domain,
                           char out[STORE_ADDRESS_MAX + 1]) __attribute__((warn_unused_result));

#endif
