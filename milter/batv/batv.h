// SPDX-License-Identifier: BSD-2-Clause
// Bounce address tags (BATV, draft-levine-smtp-batv-01) in sub-address form: outgoing mail has a signed
// envelope sender, which tells its bounces from those for forged mail. Pure.
//
// "user@example.com" is signed as "user+prvs=KDDDSSSSSSSSSS@example.com". The draft puts its tag in front; as
// an extension after the local part it leads to the same mailbox on every server that supports extensions,
// ours (directory/recipient.h) and backup MXs included, with or without support for BATV. An existing
// extension precedes it: "user+news+prvs=…". base/batv_tag.h defines the shape, by which row look-ups remove
// the tag.
//   K           the key's id
//   DDD         the last day on which the address is valid, in days since 1970, modulo 1000
//   SSSSSSSSSS  the first 5 bytes of HMAC-SHA256 over "KDDD" and the untagged address, folded (address_fold),
//               as hosts on the way may change its case and its quotes
// The draft has 3 bytes of HMAC-SHA1, which 16 million bounces match by chance. Days repeat after 1000 of
// them: a key must not be used that long.
#ifndef MILTER_BATV_BATV_H
#define MILTER_BATV_BATV_H

#include "base/address.h"
#include "milter/batv/batv_keys.h"

#include <stdint.h>

// Validity of a tag: a backup MX queues mail for 30 days (maximal_queue_lifetime in
// packaging/postfix/main.cf) and bounces only then. The draft has 7 days, which such bounces would exceed.
#define BATV_DAYS 35
#define BATV_LOCAL_MAX 64 // bytes of a local part, and
#define BATV_PATH_MAX 254 // of an address (RFC 5321 section 4.5.3.1)

enum batv_sign_rc {
    BATV_SIGNED,
    BATV_SIGNED_BEFORE, // has a BATV tag of any host, or an SRS tag, whose owner must get it unchanged
    BATV_UNSIGNABLE,    // not an address, the null sender, too long with a tag, or no key
};

// Signs a sender without <> for `now` (clock_wall()) with the first key. `delimiter` is Postfix's
// recipient_delimiter. `out` is empty unless the return is BATV_SIGNED. A quoted local part gets its tag
// within the quotes; one that needs quotes must have them.
enum batv_sign_rc batv_sign(const struct batv_keys *keys, struct slice sender, char delimiter, int64_t now,
                            char out[ADDRESS_MAX + 1]) __attribute__((warn_unused_result));

enum batv_rc {
    BATV_VALID,
    BATV_EXPIRED, // our signature, but too old
    BATV_FORGED,  // has the shape of a tag, but another signature
    BATV_UNKNOWN_KEY,
    BATV_NO_TAG,
    BATV_UNCHECKED, // OpenSSL failed: not a reason to refuse
};

// Verifies the recipient of a bounce, without <>. `original` is the address without its tag, spelled as in
// `recipient`; empty with BATV_NO_TAG. Signatures are compared in constant time.
enum batv_rc batv_verify(const struct batv_keys *keys, struct slice recipient, char delimiter, int64_t now,
                         char original[ADDRESS_MAX + 1]) __attribute__((warn_unused_result));

#endif
