// SPDX-License-Identifier: BSD-2-Clause
// Detection of header fields that claim to be from this host. They are removed before the milter adds its own
// (RFC 8601 section 5). Pure; the fields are from the sender and may contain any bytes.
#ifndef MILTER_HEADERS_FORGED_FIELD_H
#define MILTER_HEADERS_FORGED_FIELD_H

#include "base/slice.h"

// Returns whether some reader could accept the field as an Authentication-Results with this host's
// authserv-id. The name is compared without case, quotes, comments, folds and closing dot; any text may
// follow it (a version, results, or text that cannot be parsed). Readers differ in broken comments and quoted
// pairs: each way to read them counts, as does the text after decoding encoded words (RFC 2047) or dropping
// blanks and invisible code points of Unicode. A label with 8-bit bytes could be the U-label of any A-label
// of the authserv-id. Fields of other hosts do not match, nor do those of ARC (RFC 8617), whose seals would
// break.
bool forged_field_auth_results(struct slice name, struct slice value, struct slice authserv_id);

// Returns whether the field is a Received-SPF that claims, in a "receiver" pair or at the start of a comment,
// to be from `receiver` (RFC 7208 section 9.1). Compared in the same way.
bool forged_field_received_spf(struct slice name, struct slice value, struct slice receiver);

#endif
