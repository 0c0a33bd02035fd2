// SPDX-License-Identifier: BSD-2-Clause
#include "milter/spf/spf_finding.h"

void spf_finding_keep(const struct spf_verdict *verdict, struct spf_finding *out)
{
    *out = (struct spf_finding){
        .checked = true, .result = verdict->result, .problem = verdict->problem, .wide = verdict->wide};
    memcpy(out->domain, verdict->domain, sizeof out->domain);
    memcpy(out->term, verdict->term, sizeof out->term);
    memcpy(out->explanation, verdict->explanation, sizeof out->explanation);
}
