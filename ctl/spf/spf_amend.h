// SPDX-License-Identifier: BSD-2-Clause
// A customer's SPF record as it should be. Pure.
#ifndef CTL_SPF_SPF_AMEND_H
#define CTL_SPF_SPF_AMEND_H

#include "base/slice.h"

// Writes `record`, an SPF record, with `ours`, terms parted by blanks; empty: nothing is added. They stand in
// front of the first term that does not pass, or of all, `first`, so that they count though a later term
// breaks the record. What no receiver heeds is left out (terms behind `all`, redirect beside it), and terms
// that RFC 7208 does not know. It ends in ~all where it let anybody pass, said nothing of strangers or had no
// end. The caller frees what is returned; NULL: no memory.
char *spf_amend(struct slice record, const char *ours, bool first);

// Makes one record of several, which receivers heed none of: the mechanisms of all, each once, what another
// redirects to as an include, and at the end the mildest `all` of them. The caller frees what is returned;
// NULL: no memory.
char *spf_amend_join(const struct slice *records, unsigned count);

// Whether the record has each term of `ours`, none of which is a modifier.
bool spf_amend_has(struct slice record, const char *ours);

// For a domain without record: its MX hosts and ours, on trial.
char *spf_amend_new(const char *ours);

// A TXT record's strings (RFC 7208 section 3.3). Takes up to 255 bytes off the front of `*rest`; false behind
// the last.
bool spf_amend_string(struct slice *rest, struct slice *out);

#endif
