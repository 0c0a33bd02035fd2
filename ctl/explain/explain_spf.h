// SPDX-License-Identifier: BSD-2-Clause
// The SPF checks that the milter would do for a message.
#ifndef CTL_EXPLAIN_EXPLAIN_SPF_H
#define CTL_EXPLAIN_EXPLAIN_SPF_H

#include "ctl/explain/explain_message.h"
#include "ctl/explain/explanation.h"
#include "milter/spf/spf_policy.h"
#include "wire/spf_codec.h"

// "ask": ask a worker; otherwise the SPF result to assume. Ends in NULL.
extern const char *const explain_spf_words[];

struct explain_spf_results {
    int word;                 // of the above
    const char *dns, *worker; // for "ask", as for spf_worker_start
};

// Checks MAIL FROM and, if the policy uses it, the HELO name, or takes the given result.
void explain_spf(const struct explain_spf_results *spf, const struct spf_policy *policy,
                 const struct explain_message *message, struct explanation *explanation,
                 struct spf_findings *out);

// The effect of the results by the domain's row and the settings.
void explain_spf_rows(const struct spf_policy *policy, const struct domain_row *domain,
                      struct explanation *explanation);

#endif
