// SPDX-License-Identifier: BSD-2-Clause
// The SMTP reply for a decision.
#ifndef MILTER_DECIDE_RCPT_ANSWER_H
#define MILTER_DECIDE_RCPT_ANSWER_H

#include "milter/decide/rcpt_decide.h"
#include "milter/decide/reply_text.h"

// Writes the reply for a refused or deferred recipient, otherwise leaves `out` unchanged. `spf` may be NULL
// unless an SPF result is the reason.
void rcpt_answer_write(const struct rcpt_decision *decision, const struct spf_findings *spf,
                       struct reply_text *out);

#endif
