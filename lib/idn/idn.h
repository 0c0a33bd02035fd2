// SPDX-License-Identifier: BSD-2-Clause
// International names. Rows hold A-labels alone; an envelope may hold U-labels (RFC 6531), and both are one
// name (RFC 5890 section 2.3.2.1). Each request is converted once, where it comes in. By IDNA2008 with the
// mapping of UTS #46, non-transitional: as Postfix has it (src/util/midna_domain.c). Names in ASCII take no
// longer than without this layer.
#ifndef IDN_IDN_H
#define IDN_IDN_H

#include "base/address.h"

#define IDN_DOMAIN_MAX 1024 // bytes of a domain that is converted: an A-label's byte stands for at most four
#define IDN_TEXT_MAX (ADDRESS_MAX + 1 + ADDRESS_DOMAIN_MAX) // bytes of a converted address

// Writes the name as rows have it: A-labels, in lower case, without a closing dot. Labels in ASCII are not
// looked into: a false A-label ("xn--" and what no label encodes to) stays as it is. False where `domain` is
// no host name (address_domain_valid), or holds a label that IDNA does not allow or bytes that are no UTF-8;
// `out` is then undefined.
bool idn_domain(struct slice domain, char out[ADDRESS_DOMAIN_MAX + 1]) __attribute__((warn_unused_result));

// address_fold of an address whose domain may be in U-labels. The local part keeps its 8-bit bytes.
enum address_rc idn_address_fold(struct slice in, char out[ADDRESS_MAX + 1])
    __attribute__((warn_unused_result));

// The same into an address with its parts (address_read).
enum address_rc idn_address_read(struct slice in, struct mail_address *out)
    __attribute__((warn_unused_result));

// The address, or the domain alone, with the domain in A-labels; the rest and labels in ASCII are as they
// stood. Returns `in` itself where no label needs it or one cannot be converted, else a slice of `out`, which
// ends in NUL.
struct slice idn_to_ascii(struct slice in, char out[IDN_TEXT_MAX + 1]);

#endif
