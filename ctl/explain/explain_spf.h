// SPDX-License-Identifier: BSD-2-Clause
// The SPF checks that the milter would do for a message.
#ifndef CTL_EXPLAIN_EXPLAIN_SPF_H
#define CTL_EXPLAIN_EXPLAIN_SPF_H

#include "ctl/explain/explain_milter.h"
#include "milter/spf/spf_policy.h"

// Checks MAIL FROM and, if the policy uses it, the HELO name, or takes the given result.
void explain_spf(const struct explain_spf_results *spf, const struct spf_policy *policy,
                 const struct explain_message *message, struct explanation *explanation,
                 struct spf_findings *out);

// The effect of the results by the domain's row and the settings.
void explain_spf_rows(const struct spf_policy *policy, const struct domain_row *domain,
                      struct explanation *explanation);

#endif
