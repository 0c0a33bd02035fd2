// SPDX-License-Identifier: BSD-2-Clause
// The value of the Received-SPF field (RFC 7208 section 9.1) for the MAIL FROM identity of a message.
#ifndef MILTER_HEADERS_RECEIVED_SPF_H
#define MILTER_HEADERS_RECEIVED_SPF_H

#include "milter/headers/spf_report.h"

#define RECEIVED_SPF_MAX 8192

// Writes the value, folded for a field of this name, with a comment that puts the result in words. Values
// that are no dot-atom are quoted, and bytes other than printable ASCII become "?". A value above
// HEADER_VALUE_MAX is cut and ends in "...". Returns the length.
size_t received_spf_write(const struct spf_report *report, char out[RECEIVED_SPF_MAX]);

#endif
