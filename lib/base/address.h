// SPDX-License-Identifier: BSD-2-Clause
// Mail addresses (RFC 5321 section 4.1.2) and domain names as they stand in an envelope.
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include "base/slice.h"

#define ADDRESS_MAX 320 // 64 for the local part, "@", 255 for the domain (RFC 5321 section 4.5.3.1)
#define ADDRESS_DOMAIN_MAX 255

enum address_rc {
    ADDRESS_OK,
    ADDRESS_EMPTY, // the null reverse-path
    ADDRESS_BAD,   // no domain, too long, a control byte, a broken quoted string, a domain that cannot be
};

struct address {
    struct slice local;  // as it stood, quotes included
    struct slice domain; // without a closing dot; not folded; may be an address literal "[…]"
};

// Parses an address without angle brackets, as Postfix hands it over (external or internal form). The slices
// point into `in`. 8-bit bytes are let through in the local part (RFC 6531) and refused in the domain, which
// must be A-labels.
enum address_rc address_parse(struct slice in, struct address *out) __attribute__((warn_unused_result));

// Writes the form in which rows are keyed: local part and domain in lower case, a quoted local part that
// needs no quotes (it is a dot-atom, RFC 5322 section 3.2.3) without them. `out` ends in NUL.
enum address_rc address_fold(struct slice in, char out[ADDRESS_MAX + 1]) __attribute__((warn_unused_result));

// Splits "user+extension" at the first `delimiter` that is not the first byte. Returns false where there is
// no extension or the local part is quoted; then `*base` is all of it.
bool address_extension(struct slice local, char delimiter, struct slice *base, struct slice *extension);

// Host and domain names: letters, digits, inner hyphens, labels of 1 to 63, 253 in all, not all digits in the
// last label (RFC 1123 section 2.1); a closing dot is not accepted.
bool address_domain_valid(struct slice domain);

#endif
