// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/rounds/probe_claim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool probe_claim_history(const char *state, const char *results, const char *checks,
                         struct judge_history *out)
{
    const size_t count = strlen(results);
    *out = (struct judge_history){.state = JUDGE_UNKNOWN};
    if (count > JUDGE_HISTORY_MAX || !judge_state_of(state, &out->state))
        return false;
    for (unsigned i = 0; i < count; i++) {
        char *end;
        const int64_t at = strtoll(checks, &end, 10);
        if (end == checks || (results[i] != '0' && results[i] != '1')) {
            out->count = 0;
            return false;
        }
        checks = end;
        judge_history_add(out, at, results[i] == '1');
    }
    return true;
}

void probe_claim_format(const struct judge_history *history, char results[PROBE_RESULTS_MAX],
                        char checks[PROBE_CHECKS_MAX])
{
    size_t used = 0;
    checks[used++] = '{';
    for (unsigned i = 0; i < history->count; i++) {
        results[i] = history->probes[i].ok ? '1' : '0';
        used += (size_t)snprintf(checks + used, PROBE_CHECKS_MAX - used, "%s%" PRId64, i ? "," : "",
                                 history->probes[i].at);
    }
    results[history->count] = '\0';
    snprintf(checks + used, PROBE_CHECKS_MAX - used, "}");
}
