// SPDX-License-Identifier: BSD-2-Clause
// The value of the Authentication-Results field (RFC 8601 sections 2.2 to 2.4) that says what was checked.
#ifndef MILTER_HEADERS_AUTH_RESULTS_H
#define MILTER_HEADERS_AUTH_RESULTS_H

#include "wire/spf_codec.h"

#define AUTH_RESULTS_SPF_MAX 2
#define AUTH_RESULTS_MAX 4096

// One clause for each identity that was checked, so that a pass of the HELO name is never taken for one of
// the sender (RFC 8601 section 2.7.2).
struct auth_results_spf {
    enum spf_identity identity;
    enum spf_result result;
    struct slice value;   // the HELO name, or the sender without <>; for the null sender postmaster@helo
    struct slice comment; // for people, such as a problem's phrase; may be empty
};

struct auth_results {
    struct slice authserv_id; // not empty
    size_t spf_count;
    struct auth_results_spf spf[AUTH_RESULTS_SPF_MAX];
    bool authenticated; // by SMTP AUTH: "auth=pass" (RFC 8601 section 2.7.4)
    struct slice login; // shown as smtp.auth; empty: not shown, as it tells every recipient who has logged in
};

// Writes the value, folded for a field of this name; without any result it says "none". Values that are no
// token, domain or local@domain are quoted, and bytes other than printable ASCII become "?". A value above
// HEADER_VALUE_MAX is cut, in a way that it never ends in another domain than it did: to "@domain", or to a
// quoted string that ends in "...". Of an address with an 8-bit local part "@domain" is shown, too: pvalue
// lets the local part be left out (RFC 8601 section 2.2), the domain is what was checked, and UTF-8 may stand
// in the field only where the message is internationalized (RFC 8616 section 5). Returns the length.
size_t auth_results_write(const struct auth_results *results, char out[AUTH_RESULTS_MAX]);

#endif
