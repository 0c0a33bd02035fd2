// SPDX-License-Identifier: BSD-2-Clause
// Finds header fields of a message that claim to be from this host, so that they can be removed before ours
// are added (RFC 8601 section 5). Pure; the fields are from the sender and may contain any bytes.
#ifndef MILTER_HEADERS_AUTH_RESULTS_MATCH_H
#define MILTER_HEADERS_AUTH_RESULTS_MATCH_H

#include "base/slice.h"

// Whether the field is an Authentication-Results that some reader could accept as one with our authserv-id: a
// host name, compared without case, quotes, comments, folds and closing dot, whatever follows it (a version,
// results, or text that cannot be parsed). Readers differ in broken comments and quoted pairs: each way to
// read them counts, as does the text after decoding encoded words (RFC 2047) or dropping blanks and invisible
// code points of Unicode. A label with 8-bit bytes could be the U-label of any A-label of ours. Fields of
// other hosts are kept, and so are those of ARC (RFC 8617), whose seals would break.
bool auth_results_match(struct slice name, struct slice value, struct slice authserv_id);

// Whether the field is a Received-SPF that claims, in a "receiver" pair or at the start of a comment, to be
// from `receiver` (RFC 7208 section 9.1). Compared in the same way.
bool received_spf_match(struct slice name, struct slice value, struct slice receiver);

#endif
