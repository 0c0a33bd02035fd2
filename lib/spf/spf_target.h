// SPDX-License-Identifier: BSD-2-Clause
// The target of a term: its domain-spec with the macros expanded (RFC 7208 sections 4.8 and 7).
#ifndef SPF_SPF_TARGET_H
#define SPF_SPF_TARGET_H

#include "spf/check_host.h"
#include "spf/spf_expansion.h"

// The values of the macros in `in` while the record of `domain` is evaluated. Returns false if `in` uses %{p}
// and the check has to wait for it.
bool spf_target_values(struct check_host *check, struct slice in, const char *domain,
                       struct spf_expansion_values *out) __attribute__((warn_unused_result));

enum spf_target_rc { SPF_TARGET_OK, SPF_TARGET_UNASKABLE, SPF_TARGET_WAITS };

// The name that a term of record `record` is about.
enum spf_target_rc spf_target_find(struct check_host *check, unsigned record, const struct term *term,
                                   char out[DNS_NAME_MAX + 1]) __attribute__((warn_unused_result));

#endif
