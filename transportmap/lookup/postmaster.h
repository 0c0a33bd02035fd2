// SPDX-License-Identifier: BSD-2-Clause
// Mail for postmaster that nobody else takes goes to the operator (RFC 5321 section 4.5.1; setting
// postmaster). Postfix takes a bare "postmaster" from anybody and makes it postmaster@$myorigin.
#ifndef TRANSPORTMAP_LOOKUP_POSTMASTER_H
#define TRANSPORTMAP_LOOKUP_POSTMASTER_H

#include "directory/expansion.h"
#include "transportmap/lookup/route.h"

// Returns whether the operator takes the mail of `local`@`domain`, folded, where `rc` and `expansion` are
// what the rows say: at a served domain where no row, catch-all or customer's server has the address, and
// at our own hosts (route_is_own_host) and the domain of round trips. Never at others' domains. Writes the
// operator's address, folded.
bool postmaster_takes(const struct directory_snapshot *rows, const struct route_rules *rules,
                      struct slice local, struct slice domain, enum expansion_rc rc,
                      const struct expansion *expansion, char out[ADDRESS_MAX + 1])
    __attribute__((warn_unused_result));

#endif
