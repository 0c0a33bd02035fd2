// SPDX-License-Identifier: BSD-2-Clause
// The value of the Authentication-Results field (RFC 8601 sections 2.2 to 2.4) for the SPF results of a
// message.
#ifndef MILTER_HEADERS_AUTH_RESULTS_H
#define MILTER_HEADERS_AUTH_RESULTS_H

#include "milter/headers/spf_report.h"

#define AUTH_RESULTS_MAX 4096

// Writes the value, folded for a field of this name: one clause for each identity that was checked, so that a
// pass of the HELO name is never mistaken for one of the sender (RFC 8601 section 2.7.2); "none" if none was.
// For the null sender the identity is postmaster@HELO. Values that are no token, domain or local@domain are
// quoted, and bytes other than printable ASCII become "?". A value above HEADER_VALUE_MAX is cut such that it
// never ends in another domain than before: to "@domain", or to a quoted string that ends in "...". Of an
// address with an 8-bit local part "@domain" is shown, too: pvalue allows to leave out the local part (RFC
// 8601 section 2.2), the domain is the part that was checked, and UTF-8 is allowed in the field only if the
// message is internationalized (RFC 8616 section 5). Returns the length.
size_t auth_results_write(const struct spf_report *report, char out[AUTH_RESULTS_MAX]);

#endif
