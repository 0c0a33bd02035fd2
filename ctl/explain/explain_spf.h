// SPDX-License-Identifier: BSD-2-Clause
// The SPF checks that the milter would make of a message.
#ifndef CTL_EXPLAIN_EXPLAIN_SPF_H
#define CTL_EXPLAIN_EXPLAIN_SPF_H

#include "ctl/explain/explain_milter.h"
#include "milter/spf/spf_policy.h"

// Checks MAIL FROM and, where the policy has a use for it, the HELO name, or takes the result that was given.
void explain_spf(const struct explain_spf_results *spf, const struct spf_policy *policy,
                 const struct explain_message *message, struct explanation *explanation,
                 struct spf_findings *out);

// What the domain's row and the settings make of the results.
void explain_spf_rows(const struct spf_policy *policy, const struct domain_row *domain,
                      struct explanation *explanation);

#endif
