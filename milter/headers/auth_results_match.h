// SPDX-License-Identifier: BSD-2-Clause
// Finds header fields of a message that claim to come from us, so that they can be removed before ours are
// added (RFC 8601 section 5). Pure; the fields are a sender's and may hold any bytes.
#ifndef MILTER_HEADERS_AUTH_RESULTS_MATCH_H
#define MILTER_HEADERS_AUTH_RESULTS_MATCH_H

#include "base/slice.h"

// Whether the field is an Authentication-Results that some reader could take for one with our authserv-id: a
// host name, which is compared without case, quotes, comments, folds and closing dot, whatever follows it
// (a version, results, or nothing that can be parsed). Readers differ in broken comments and in quoted pairs:
// each way to read them counts, and so does what readers see who first decode encoded words (RFC 2047) or
// drop blanks and code points of Unicode that do not show. A label with 8-bit bytes could be the U-label of
// any A-label of ours. Fields of other hosts stay, and so do those of ARC (RFC 8617), whose seals would
// break.
bool auth_results_match(struct slice name, struct slice value, struct slice authserv_id);

// Whether the field is a Received-SPF that claims, in a "receiver" pair or at the start of a comment, that
// `receiver` wrote it (RFC 7208 section 9.1). Compared in the same way.
bool received_spf_match(struct slice name, struct slice value, struct slice receiver);

#endif
