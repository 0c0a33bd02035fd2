// SPDX-License-Identifier: BSD-2-Clause
// The proof that a claimed name is the claimant's: a TXT record with the token of the claim. Pure.
#ifndef NOTIFIER_ALIASES_ALIAS_PROOF_H
#define NOTIFIER_ALIASES_ALIAS_PROOF_H

#include "dns/dns_answer.h"

#define ALIAS_PROOF_LABEL "_emailgency." // before the claimed name

// Returns the outcome, as record_alias_check() of the database takes it: "proved", where one of the TXT
// records is "emailgency=TOKEN", "other" where none is, "missing" without records, "failed" without an
// answer.
const char *alias_proof_judge(const struct dns_answer *answer, const char *token);

#endif
