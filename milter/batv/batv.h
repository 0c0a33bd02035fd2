// SPDX-License-Identifier: BSD-2-Clause
// Bounce address tags (BATV, draft-levine-smtp-batv-01) in sub-address form: what we send has a signed
// envelope sender, so that a bounce for mail that we never sent shows. Pure.
//
// "user@example.com" is signed as "user+prvs=KDDDSSSSSSSSSS@example.com". The draft puts its tag in front; as
// an extension behind the local part it leads to the same mailbox on every server that knows extensions, ours
// (directory/recipient.h) and backup MXs included, whether they know of BATV or not. An extension that is
// there stays before it: "user+news+prvs=…". base/batv_tag.h has the shape, by which the look-up of rows
// takes it off.
//   K           the key's id
//   DDD         the last day on which the address is good, in days since 1970, modulo 1000
//   SSSSSSSSSS  the first 5 bytes of HMAC-SHA256 over "KDDD" and the untagged address, as address_fold makes
//   it: hosts
//               on the way may change its case and its quotes
// The draft has 3 bytes of HMAC-SHA1, which 16 million bounces find by chance. Days come again after 1000 of
// them: a key should not live that long.
#ifndef MILTER_BATV_BATV_H
#define MILTER_BATV_BATV_H

#include "base/address.h"
#include "milter/batv/batv_keys.h"

#include <stdint.h>

// That a bounce may take: a backup MX keeps mail for 30 days (maximal_queue_lifetime in
// packaging/postfix/main.cf) and its sender is told only then. The draft has 7, which such bounces would
// miss.
#define BATV_DAYS 35
#define BATV_LOCAL_MAX 64 // bytes of a local part, and
#define BATV_PATH_MAX 254 // of an address (RFC 5321 section 4.5.3.1)

enum batv_sign_rc {
    BATV_SIGNED,
    BATV_SIGNED_BEFORE, // it has a tag of BATV, by whomever, or of SRS, whose owner must get it as it is
    BATV_UNSIGNABLE,    // no address, the null sender, too long with a tag, no key
};

// Signs a sender without <> for `now` (clock_wall()) with the first key. `delimiter` is Postfix's
// recipient_delimiter. `out` is empty unless the return is BATV_SIGNED. A local part in quotes gets its tag
// within them, and one that needs quotes must have them.
enum batv_sign_rc batv_sign(const struct batv_keys *keys, struct slice sender, char delimiter, int64_t now,
                            char out[ADDRESS_MAX + 1]) __attribute__((warn_unused_result));

enum batv_rc {
    BATV_VALID,
    BATV_EXPIRED, // signed by us, but too long ago
    BATV_FORGED,  // has the shape of a tag, but another signature
    BATV_UNKNOWN_KEY,
    BATV_NO_TAG,
    BATV_UNCHECKED, // OpenSSL failed: no reason to refuse anything
};

// Verifies the recipient, without <>, of a bounce. With all but BATV_NO_TAG `original` is the address without
// its tag, spelled as in `recipient`, else empty. Signatures are compared in constant time.
enum batv_rc batv_verify(const struct batv_keys *keys, struct slice recipient, char delimiter, int64_t now,
                         char original[ADDRESS_MAX + 1]) __attribute__((warn_unused_result));

#endif
