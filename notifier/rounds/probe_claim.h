// SPDX-License-Identifier: BSD-2-Clause
// A row of claim_probes(), and what record_probe() is given: text ↔ structs. Pure.
#ifndef NOTIFIER_ROUNDS_PROBE_CLAIM_H
#define NOTIFIER_ROUNDS_PROBE_CLAIM_H

#include "notifier/judge/judge.h"

// Reads `results` ("110", oldest first) and `checks` (seconds, separated by blanks, equally many), as the
// database keeps them. Returns false if they do not match; the history is empty then.
bool probe_claim_history(const char *state, const char *results, const char *checks,
                         struct judge_history *out) __attribute__((warn_unused_result));

#define PROBE_RESULTS_MAX (JUDGE_HISTORY_MAX + 1)
#define PROBE_CHECKS_MAX (JUDGE_HISTORY_MAX * 21 + 3)

// The same back: "110" and the array literal "{1,2,3}".
void probe_claim_format(const struct judge_history *history, char results[PROBE_RESULTS_MAX],
                        char checks[PROBE_CHECKS_MAX]);

#endif
