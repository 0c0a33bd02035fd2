// SPDX-License-Identifier: BSD-2-Clause
// Corrected SPF records of customers. Pure.
#ifndef SPFRECORD_SPF_AMEND_H
#define SPFRECORD_SPF_AMEND_H

#include "base/slice.h"

// Writes `record`, an SPF record, with `own`, terms separated by blanks; empty: nothing is added. They come
// before the first term that does not pass, or before all terms with `first`, so that they count even if a
// later term breaks the record. Terms that receivers ignore (after `all`, redirect beside it) are left out,
// and so are wrong ones: where spf_fault_in(), the result is not to be shown. The record ends in ~all if it
// let anybody pass, was neutral to other clients or had no end. The caller frees the result; NULL if out of
// memory.
char *spf_amend(struct slice record, const char *own, bool first);

// Joins several records, all of which receivers ignore: the mechanisms of all, each once, the target of a
// redirect as an include, and at the end the mildest `all`. The caller frees the result; NULL if out of
// memory.
char *spf_amend_join(const struct slice *records, unsigned count);

// Returns whether the record has each term of `own`, none of which is a modifier, before its `all`.
bool spf_amend_has(struct slice record, const char *own);

// For a domain without a record: its MX hosts and the service's, on trial.
char *spf_amend_new(const char *own);

// A TXT record's strings (RFC 7208 section 3.3). Removes up to 255 bytes from the front of `*rest`; false
// after the last.
bool spf_amend_string(struct slice *rest, struct slice *out);

#endif
