// SPDX-License-Identifier: BSD-2-Clause
// Mail addresses (RFC 5321 section 4.1.2) and domain names as they are in an envelope.
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include "base/slice.h"

// 64 for the local part, "@", 255 for the domain (RFC 5321 section 4.5.3.1). Only the sum is enforced, since
// mailing lists and SRS make local parts of more than 64.
#define ADDRESS_MAX 320
#define ADDRESS_DOMAIN_MAX 255

enum address_rc {
    ADDRESS_OK,
    ADDRESS_EMPTY, // the null reverse-path
    ADDRESS_BAD,   // no local part or domain, too long, a control byte, a broken quoted string, a domain that
                   // cannot be
};

struct address {
    struct slice local;  // as it stood, quotes included
    struct slice domain; // without a closing dot; not folded; may be an address literal "[…]"
};

// A folded address with its parts, in memory of its own; may be copied by assignment. Text that is no address
// is split at its last "@" all the same; without one all of it is the local part.
struct mail_address {
    size_t len;       // of the text
    size_t local_len; // `len` if there is no "@"
    char text[ADDRESS_MAX + 1];
};

static inline struct slice address_text(const struct mail_address *address)
{
    return slice_make(address->text, address->len);
}

static inline struct slice address_local(const struct mail_address *address)
{
    return slice_make(address->text, address->local_len);
}

// Empty if there is no "@".
static inline struct slice address_domain(const struct mail_address *address)
{
    return slice_skip(address_text(address), address->local_len + 1);
}

// Parses an address without angle brackets, as Postfix hands it over: in external form, or in the internal
// form, whose local part is not quoted and may hold blanks and "@" (the last one counts). The slices point
// into `in`. 8-bit bytes are accepted in the local part (RFC 6531) and refused in the domain, which must
// be A-labels; underscores are accepted in the domain, as Postfix does (src/util/valid_hostname.c).
enum address_rc address_parse(struct slice in, struct address *out) __attribute__((warn_unused_result));

// Writes the form in which rows are keyed: local part and domain in lower case (ASCII letters only), quotes
// and backslashes only where the local part needs them. Atoms and dots (RFC 5322 section 3.2.3) need none,
// wherever the dots are: some providers give out "a..b". Both forms of an address so get one key, and
// folding it again changes nothing. `out` ends in NUL, and is empty unless the return is ADDRESS_OK.
enum address_rc address_fold(struct slice in, char out[ADDRESS_MAX + 1]) __attribute__((warn_unused_result));

// address_fold into an address with its parts; empty unless the return is ADDRESS_OK.
enum address_rc address_read(struct slice in, struct mail_address *out) __attribute__((warn_unused_result));

// Takes text that need not be an address: a login, a sender that Postfix accepted all the same. Written in
// lower case. Returns false, with an empty address, if it exceeds ADDRESS_MAX.
bool address_read_text(struct slice in, struct mail_address *out);

// Writes "local@domain" from folded parts, which may be those of `out` itself. Returns false, with an empty
// address, if one is empty or the whole exceeds ADDRESS_MAX.
bool address_join(struct slice local, struct slice domain, struct mail_address *out)
    __attribute__((warn_unused_result));

// Splits "user+extension" at the first `delimiter` that is not the first byte; the extension may be empty.
// Returns false where there is no delimiter or the local part is quoted; then `*base` is all of it.
bool address_extension(struct slice local, char delimiter, struct slice *base, struct slice *extension);

// Host and domain names: letters, digits, inner hyphens, labels of 1 to 63, 253 in all, not all digits in the
// last label (RFC 1123 section 2.1); a closing dot is not accepted.
bool address_domain_valid(struct slice domain);

#endif
